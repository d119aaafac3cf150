"""Magnets that cannot hurt: one wrapper, and the supplies under it."""
