"""How getpaid is driven."""
