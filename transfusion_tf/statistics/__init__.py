"""Arrays in, numbers out: statistics that know no images and no networks."""
