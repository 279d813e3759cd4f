"""What the preview screen draws."""
