"""Twins of temperature controllers."""
