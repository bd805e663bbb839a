"""Data sets: from raw images to records, and from records to batches."""
