"""Networks as backbones with named stages."""
