"""Open Payments (Interledger): money from one wallet to another, with the payer's consent."""
