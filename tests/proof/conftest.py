"""The proof's own tests use the bookshop of the payments' tests."""

from tests.payments.conftest import _fresh, book, gateway, payment, start

__all__ = ["_fresh", "book", "gateway", "payment", "start"]  # fixtures are found by name
