"""Compiled loops; each has a path in numpy that tests hold against it."""
