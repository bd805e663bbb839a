"""Moments of many networks in few passes over the images."""
