"""Studies: a grid of runs, trained and compared by one command."""
