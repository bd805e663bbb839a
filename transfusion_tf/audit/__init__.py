"""What the audit of a data set finds: copies, near-duplicates, identities."""
