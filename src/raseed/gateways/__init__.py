"""Adapters: one folder per gateway. They translate; they do not decide, store or import Django."""
