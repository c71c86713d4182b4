"""PostgreSQL itself is killed, again and again, while customers buy; nothing acknowledged may be lost."""
