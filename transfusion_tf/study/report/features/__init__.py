"""Sections of a report on what networks hold: features and filters."""
