"""Whether the directions differ."""
