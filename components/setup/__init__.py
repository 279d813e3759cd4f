"""What the set-up screen draws."""
