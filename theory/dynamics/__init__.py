"""What a network does beyond its steady states: branches, sweeps, limit cycles, attractors."""
