"""Worker processes: they carry ids from the queue to `services.workflow` and keep no truth of their own."""
