"""Why an embedded server could not be started, in one sentence."""


class EmbeddedStartError(Exception):
    """A server, its files or its disk refused; the text is a whole sentence for the person at the terminal."""


DISK_FULL_MARKS = ("No space left on device", "Disk quota exceeded", "No space left")


def start_error(name: str, log_tail: str, fallback: str) -> EmbeddedStartError:
    """Return the sentence for a server that ended early, telling a full disk apart from other causes."""
    if any(mark in log_tail for mark in DISK_FULL_MARKS):
        return EmbeddedStartError(f"The disk is full: {name} could not write to the data folder. Free some space.")
    lines = [line for line in log_tail.splitlines() if line.strip()]
    reason = next((line for line in reversed(lines) if "FATAL" in line or "rror" in line), lines[-1] if lines else "")
    return EmbeddedStartError(f"{name} did not start: {reason.strip() or fallback}")
