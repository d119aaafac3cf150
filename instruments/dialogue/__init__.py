"""Talking to an instrument: connections, waiting, and errors that name it."""
