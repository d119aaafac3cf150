"""Device files that come with the package; see phonosync.theory.device."""
