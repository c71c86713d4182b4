"""How dj_stripe is driven."""
