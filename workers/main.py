"""`python -m workers.main async|pool|scheduler`: one worker process of the installation."""

import asyncio
import logging
import sys


def main() -> None:
    """Run the process named on the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    match sys.argv[1:]:
        case ["async"]:
            from workers import async_worker

            asyncio.run(async_worker.main())
        case ["pool"]:
            from workers import pool

            pool.main()
        case ["scheduler"]:
            from workers import scheduler

            asyncio.run(scheduler.main())
        case _:
            sys.exit("usage: python -m workers.main async|pool|scheduler")


if __name__ == "__main__":
    main()
