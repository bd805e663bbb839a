"""Making records out of raw data sets; all knowledge of raw layouts."""
