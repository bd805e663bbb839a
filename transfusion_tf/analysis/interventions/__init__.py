"""What networks lose where their features, stages or images are changed."""
