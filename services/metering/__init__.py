"""What a job may use and what it used: snapshots, reservation at start, checkpoint, settlement, ledger."""
