"""The API of a separate front end: a JWT in, JSON out. Amounts are rupees, as text."""
