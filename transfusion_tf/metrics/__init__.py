"""Numbers from saved predictions: AUCs, accuracies and their intervals."""
