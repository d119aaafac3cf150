"""A run's report: table, figures, page, methods paragraph, and all of it as JSON."""
