"""Mechanical lines in one spectrum."""
