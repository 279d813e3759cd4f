"""What the job list draws."""
