"""Sections of a report on how a study was made, and its cost."""
