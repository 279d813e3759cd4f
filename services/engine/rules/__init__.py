"""Rule sets: one file per set, each with its metadata; which goal takes which set stands in `registry`."""
