"""Behaviour before and after a change: the repository's own tests, generated tests, their runs and comparison."""
