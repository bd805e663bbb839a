"""The report of a study: its sections, gathered from tables, runs and cards."""
