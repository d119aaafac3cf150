"""A device fitted to its spectra and S-parameters, all directions and settings together."""
