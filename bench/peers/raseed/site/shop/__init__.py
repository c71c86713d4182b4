"""The shop: orders, and what paying for one gives."""
