"""W9, before the start: what the change would do."""
