"""PhonePe: Standard Checkout (version 2) and the older API (version 1) with their pages and callbacks."""
