"""Twins of spectrum analyzers."""
