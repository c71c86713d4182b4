"""What the payer sees. Plain forms, no JavaScript."""
