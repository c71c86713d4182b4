"""Looks over an installation and says what to put right. Findings are Django's check messages.

One module per subject; `examination` lists them. `manage.py check --deploy` takes those that need no
network, `raseed doctor` and `manage.py raseed_doctor` all. Nothing here changes anything.
"""
