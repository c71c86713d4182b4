"""PayMongo (Philippines): wallets through sources, and hosted checkout sessions."""
