"""Twins of network analyzers."""
