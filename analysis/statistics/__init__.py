"""Likelihoods, windows and intervals."""
