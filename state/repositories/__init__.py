"""W8: repositories, and the check before a job."""
