"""The imitated wallets."""
