"""PhonePe: Standard Checkout (version 2), and the salted interface (version 1)."""
