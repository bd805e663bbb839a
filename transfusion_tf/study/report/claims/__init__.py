"""The sheet of claims: what papers claim, and what a study's data say."""
