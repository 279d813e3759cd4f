"""The code editor, bundled with the front end: one worker, no request to any other host."""
