"""Comparison of arms: what the difference between two starts is."""
