"""A whole run analysed: every setting, every direction, everything that was taken."""
