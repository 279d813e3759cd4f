"""Version 1: views on the verbs that version 2 uses, with the field names shipped editors read."""
