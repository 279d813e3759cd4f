"""Single sources of truth: pure tables that code, database, API and documents are derived from."""
