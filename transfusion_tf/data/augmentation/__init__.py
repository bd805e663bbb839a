"""Augmentations by kind: where pixels are, their values, what is erased."""
