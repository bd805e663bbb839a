"""This process and its children: memory, workers, terminal, TensorFlow."""
