"""How raseed is driven."""
