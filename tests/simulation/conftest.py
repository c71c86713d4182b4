"""The simulation's own tests use the bookshop of the payments' tests."""

from tests.payments.conftest import _fresh

__all__ = ["_fresh"]  # fixtures are found by name
