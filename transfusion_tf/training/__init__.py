"""Training and evaluating one network, exactly repeatable."""
