"""PostgreSQL and Valkey of this installation: binaries from the lock file, processes that end with their starter."""
