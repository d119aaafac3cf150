"""Demodulated records of two phonons: from X and Y to synchronization of limit cycles."""
