"""The tour: a customer without a person. Pays in every situation and reads the shop's own rows.

    situations/   what happens, one module per family; the list of all is in situations/__init__.py
    shops/        how a shop is used: publish something, press pay, read what was given
    tills/        how a gateway's hosted page is used, and what goes wrong there by wish
    scene.py      one situation under way: its customer, its expectations, what it has seen
    stage.py      the running processes, the stopped clock, the one worker
    run.py        from the first process to the last result

Sandbox, shop and worker run as real processes; this one reads the database they write.
"""
