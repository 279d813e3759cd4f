"""The job record: creation, access, transitions, views."""
