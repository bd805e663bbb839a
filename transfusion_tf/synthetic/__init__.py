"""Data sets that are drawn when they are first asked for."""
