"""Trained networks in use: predictions of new images, exported files."""
