"""Joint fits of both directions and what they say."""
