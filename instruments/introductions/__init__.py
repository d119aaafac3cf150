"""Who an instrument is and how far it goes, asked without changing anything."""
