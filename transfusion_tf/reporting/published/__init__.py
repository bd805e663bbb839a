"""Numbers of published tables, and how ours compare with them."""
