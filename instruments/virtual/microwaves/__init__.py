"""Twins of the microwave source and of switches for microwaves."""
