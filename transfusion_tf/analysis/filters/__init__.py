"""First-layer filters: how they changed, and which are like Gabor functions."""
