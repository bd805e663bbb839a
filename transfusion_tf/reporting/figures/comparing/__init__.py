"""Pictures of arms: runs that differ by their seed alone."""
