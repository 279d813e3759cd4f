"""The HTTP API under /api: REST, event streams and the forms that sign a browser in."""
