"""W9: everything that is frozen when a job starts."""
