"""The behaviour specification: extraction, revisions, optimistic lock."""
