"""What goes out besides calls to gateways: single requests, and webhooks of our own. No Django."""
