"""Trials of instruments under seeded faults."""
