"""Sentences on what a table shows, written from its numbers."""
