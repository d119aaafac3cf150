"""The bench: one device in time, and everything that acts on it or looks at it."""
