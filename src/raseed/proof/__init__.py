"""Programs that try to break the promise: every payment confirmed, and what was paid for given once."""
