"""Encrypted artifacts of jobs: blobs under tenant keys, rows with hash, size and expiry."""
