"""Checks of an installation and its machine, one line each."""
