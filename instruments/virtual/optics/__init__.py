"""Twins of lasers, optical switch and power meter."""
