"""What the lab gives: spectra and traces from files, in known units."""
