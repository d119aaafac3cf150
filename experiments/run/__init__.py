"""The measurement loop and its record."""
