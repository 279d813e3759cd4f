"""What one browser tab knows: flat Reflex states, one file for each use, and the views they hold."""
