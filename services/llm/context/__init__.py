"""What hosted models get to read: counted, fenced, without secrets or personal data, with a manifest of every slice."""
