"""Comparison of representations and of filters."""
