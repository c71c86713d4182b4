"""How fast deliveries, purchases, pages and the worker are, as ratios in one run."""
