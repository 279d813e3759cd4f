"""One module per area; each handler works without a transaction and answers with an outcome."""

from importlib import import_module

MODULES = (
    "source",
    "analysis",
    "sandboxes",
    "proof",
    "change",
    "handover",
    "publication",
    "selection",
    "expiry",
    "probe",
)


def load() -> None:
    """Import every handler module, which fills the registry."""
    for name in MODULES:
        import_module(f"{__name__}.{name}")
