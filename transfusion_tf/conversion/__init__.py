"""From a manifest to records; start reading at convert.py."""
