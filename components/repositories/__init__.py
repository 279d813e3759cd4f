"""What the repository screen draws."""
