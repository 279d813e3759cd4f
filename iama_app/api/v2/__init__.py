"""Version 2: repository jobs, their stream, delivery and the signed-in person."""
