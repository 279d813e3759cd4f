"""Pages that belong to no section: the front door and what is not there."""
