"""The directory of a run: its files, its lock, and what may continue it."""
