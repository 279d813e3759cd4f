"""Checks of the installation's own parts: packages, data folder, front end, models, vendors, workflow."""

import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from iama_app.cli import web_build
from iama_app.cli.data_folder import FORMAT, FORMAT_FILE, read_run
from iama_app.cli.doctor_findings import Finding, Status
from services.infra.settings import Settings


def installation_checks(_settings: Settings) -> Iterator[Finding]:
    """Python, Git, platform."""
    yield Finding("Python", Status.OK, platform.python_version(), data={"executable": sys.executable})
    git = shutil.which("git")
    if git:
        yield Finding("Git", Status.OK, git)
    else:
        yield Finding("Git", Status.MISSING, "not found on PATH", "Install git.")
    yield Finding("platform", Status.OK, f"{platform.system()} {platform.release()} {platform.machine()}")


def data_checks(settings: Settings) -> Iterator[Finding]:
    """Data folder, live instance, servers."""
    folder = settings.data_folder
    stamp = folder / FORMAT_FILE
    if stamp.exists():
        text = stamp.read_text().strip()
        status = Status.OK if text == str(FORMAT) else Status.MISSING
        yield Finding("data folder", status, f"{folder}, format {text} (this version: {FORMAT})")
    else:
        yield Finding("data folder", Status.OFF, f"{folder} is made at the first start")
    run = read_run(folder)
    if run:
        yield Finding("instance", Status.OK, f"process {run.pid} answers at {run.url}", data={"url": run.url})
    else:
        yield Finding("instance", Status.OFF, "nothing runs on this data folder", "Start it with `make run`.")
    for name, given in (("database", settings.database_url), ("Redis", settings.redis_url)):
        how = "external, as the environment names it" if given else "embedded, started by `iama up`"
        yield Finding(name, Status.OK, how, data={"external": given is not None})


def front_end_checks(_settings: Settings) -> Iterator[Finding]:
    """Whether the built pages are those of the present sources."""
    if web_build.is_built():
        yield Finding("build", Status.OK, "made from the present sources")
    elif web_build.STAMP.exists():
        yield Finding("build", Status.DEGRADED, "older than its sources", "Run `make build`; `make run` does it too.")
    else:
        yield Finding("build", Status.OFF, "not built yet", "Run `make build`; `make run` does it too.")


def model_checks(settings: Settings) -> Iterator[Finding]:
    """Which models answer."""
    named = {"L1": settings.model_l1, "L2": settings.model_l2, "L3": settings.model_l3}
    configured = {name: model for name, model in named.items() if model}
    if not configured:
        yield Finding("provider", Status.OK, "the built-in rules answer every stage; source code stays on this machine")
        return
    where = settings.model_base_url or "the vendor that the model name says"
    yield Finding("provider", Status.OK, f"{', '.join(configured.values())} at {where}", data={"models": configured})
    if settings.model_api_key is None:
        yield Finding("key", Status.DEGRADED, "none is set", "Set IAMA_MODEL_API_KEY if the provider asks for one.")
    if len(configured) < len(named):
        missing = ", ".join(sorted(set(named) - set(configured)))
        yield Finding("classes", Status.DEGRADED, f"no model for {missing}", "Set the missing IAMA_MODEL_* names.")


def integration_checks(_settings: Settings) -> Iterator[Finding]:
    """Vendors that the product works without."""
    yield Finding(
        "GitHub App", Status.OFF, "not in this version: any Git remote works, pull requests are opened by hand"
    )
    yield Finding("mail", Status.OFF, "not in this version: no messages are sent")


def workflow_checks(_settings: Settings) -> Iterator[Finding]:
    """States that no handler enters, and work that nobody does."""
    if find_spec("services.workflow") is None:
        yield Finding("states", Status.MISSING, "the workflow is not installed")
        return
    from services.canon.lifecycle import JobState
    from services.canon.tasks import ENTRY_ITEMS
    from services.workflow import handlers, registry

    handlers.load()
    states = registry.enterable_states()
    closed = sorted(state.value for state in set(JobState) - set(states))
    sentence = f"{len(states)} of {len(JobState)} can be entered"
    detail = {"not_entered": closed}
    yield Finding("states", Status.OK, f"{sentence}; not yet: {', '.join(closed) or 'none'}", data=detail)
    needed = {ENTRY_ITEMS[state] for state in states if state in ENTRY_ITEMS}
    unhandled = sorted(kind.value for kind in needed - set(registry.HANDLERS))
    if unhandled:
        yield Finding("work", Status.MISSING, f"no handler for {', '.join(unhandled)}", data={"unhandled": unhandled})
    else:
        yield Finding("work", Status.OK, f"{len(registry.HANDLERS)} kinds of work have a handler")
