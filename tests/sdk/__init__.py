"""Public PayMongo clients, unchanged but for their base URL, against the sandbox."""
