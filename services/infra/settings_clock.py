"""Lets tests shorten every durable wait by one factor; production never sets it."""

import os

CLOCK_SCALE_VARIABLE = "IAMA_CLOCK_SCALE"


def scaled(seconds: float) -> float:
    """Return a duration under the installation's clock scale (1 unless a test set another)."""
    return seconds * float(os.environ.get(CLOCK_SCALE_VARIABLE, "1"))
