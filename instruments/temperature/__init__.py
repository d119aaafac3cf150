"""Thermometers and heaters, as roles."""
