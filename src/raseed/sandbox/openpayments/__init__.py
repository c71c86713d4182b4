"""Open Payments as the sandbox imitates it: a small wallet service with all its servers in one place."""
