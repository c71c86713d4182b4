"""Measurements against other software and against a floor. Not part of the package."""
