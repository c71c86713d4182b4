"""What a payer sees: the wallet's consent page, and the ways to it and from it."""
