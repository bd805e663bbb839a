"""Tables (CSV) and the figures that are drawn from them."""
