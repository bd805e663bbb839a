"""Where raw images lie: folders, archives, HDF5, arrays, volumes, tfds."""
