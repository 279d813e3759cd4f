"""PostgreSQL and Valkey of this installation's own: binaries from the lock file, processes that end with their starter."""
