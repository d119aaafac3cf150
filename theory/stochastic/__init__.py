"""Langevin trajectories in the truncated-Wigner sense, and the statistics of their phases."""
