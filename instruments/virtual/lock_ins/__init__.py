"""Twins of lock-in amplifiers."""
