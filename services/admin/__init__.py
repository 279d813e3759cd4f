"""What the people do who operate an installation."""
