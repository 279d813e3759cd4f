"""What goes where: progress and refusals to stderr, results to stdout."""

import sys


def progress(sentence: str) -> None:
    """Say what happens now."""
    print(f"iama: {sentence}", file=sys.stderr, flush=True)


def result(text: str) -> None:
    """Print what was asked for."""
    print(text, flush=True)
