"""Networks of finished runs, changed or shown changed images, and scored.

A view is one module: its columns, and a function from run directories and
options to tables. `registry.VIEWS` has one line for each, and so has
reporting.intervention_report, with its pictures and its sentences.
"""
