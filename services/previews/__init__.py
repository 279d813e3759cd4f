"""What a change would do, shown before a job exists: nothing of it is stored."""
