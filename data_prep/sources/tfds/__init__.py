"""Records that tensorflow_datasets has prepared."""
