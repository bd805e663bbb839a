"""How the weights of a network are set before training."""
