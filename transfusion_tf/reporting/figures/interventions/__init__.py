"""Figures of the views of interventions, from their tables alone."""
