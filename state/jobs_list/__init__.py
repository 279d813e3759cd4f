"""W6: the list of jobs."""
