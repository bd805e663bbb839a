"""One file a figure; style.py has what all of them share."""
