"""Named scenarios: what goes wrong with one purchase, as data, and the director that makes it happen."""
