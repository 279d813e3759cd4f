"""The audit log: reads and offline verification of the hash chain. Rows are written through the unit of work."""
