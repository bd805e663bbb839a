"""Sections of a report on the records of its data set."""
