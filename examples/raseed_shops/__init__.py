"""Example shops on one Django project: small on purpose, written with Raseed's documented names only."""
