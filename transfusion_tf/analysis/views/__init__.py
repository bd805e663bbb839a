"""Views of the representations of runs: what is compared, and its rows."""
