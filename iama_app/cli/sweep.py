"""`python -m iama_app.cli.sweep`: one look for leftovers beside a starting installation, as its administrator."""

import asyncio
import os

from services.workflow.sweeping import sweep


def main() -> None:
    """Erase leftovers once and say how many there were."""
    volumes, files = asyncio.run(sweep(os.environ["DATABASE_URL"]))
    print(f"erased {volumes} sandbox volumes and {files} sealed files that nothing names", flush=True)


if __name__ == "__main__":
    main()
