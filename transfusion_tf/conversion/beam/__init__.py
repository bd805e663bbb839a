"""A conversion on Apache Beam: the same tasks, run by its workers."""
