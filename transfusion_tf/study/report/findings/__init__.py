"""Sections of a report on what its runs found."""
