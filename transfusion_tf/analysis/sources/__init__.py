"""Which source suits a target, before anything is trained on the target."""
