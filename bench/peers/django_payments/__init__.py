"""How django_payments is driven."""
