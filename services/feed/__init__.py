"""The stream of facts: rows in order, one listener per process that wakes readers."""
