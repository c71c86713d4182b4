"""Public clients of the gateways, unchanged but for their base URL, against the sandbox."""
