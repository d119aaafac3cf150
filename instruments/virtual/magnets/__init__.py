"""Twins of magnet supplies, and the coils on them."""
