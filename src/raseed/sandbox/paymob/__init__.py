"""Paymob: the intention API and its unified checkout, the older calls and their iframe, callbacks."""
