"""Paymob (Accept): the intention API with its checkout page, and the older way through order and iframe."""
