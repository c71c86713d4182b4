"""The proof can fail: five ways to break the product, each of which the proof must find."""
