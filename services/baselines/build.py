"""Planning and running the installation of the project and of what its tests need, inside the sandbox only."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.baselines import places
from services.baselines.phases import PhaseEnd, run_phase
from services.baselines.project_files import project_root
from services.baselines.requirements_files import Metadata, read_metadata
from services.baselines.schemas import BuildPlan, BuildResult, BuildStep, SuitePlan
from services.baselines.suite import discover_suite
from services.canon.clocks import BUILD_SECONDS
from services.core.tree import Tree
from services.sandbox.port import Event, Limits, Session

OnEvent = Callable[[Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Choice:
    label: str
    words: tuple[str, ...]


def plan_build(tree: Tree, scope: str = ".") -> BuildPlan:
    """Plan how to install what the project's tests need into `/deps`.

    Alternatives of one purpose go from everything the project declares down to the test runner alone, so that
    one unavailable optional package costs that package and not the evidence.
    """
    root = project_root(tree, scope)
    metadata = read_metadata(tree, root)
    suite = discover_suite(tree, scope)
    choices = _choices(metadata, suite)
    steps = [_step("install", choice, root, metadata) for choice in choices]
    return BuildPlan(
        root=root, steps=tuple(steps), requires_python=metadata.requires_python, notes=_notes(metadata, suite)
    )


async def run_build(
    session: Session,
    plan: BuildPlan,
    *,
    limits: Limits | None = None,
    on_event: OnEvent | None = None,
    deadline_seconds: float = BUILD_SECONDS,
) -> BuildResult:
    """Run a build plan; the helper scripts are put first.

    Returns:
        `ok` is false when a required purpose failed in every alternative or the time ran out.
    """
    await session.put(places.guest_tools(), dest="tools")
    done: set[str] = set()
    used: list[str] = []
    given_up: list[str] = []
    logs: list[str] = []
    seconds = 0.0
    for step in plan.steps:
        if step.purpose in done:
            continue
        end = await run_phase(
            session,
            f"build: {step.label}",
            step.argv,
            env=step.env,
            net=step.net,
            limits=limits,
            deadline_seconds=max(deadline_seconds - seconds, 1.0),
            on_event=on_event,
        )
        seconds += end.seconds
        logs.append(end.log)
        if end.code == 0 and not end.timed_out:
            done.add(step.purpose)
            used.append(step.label)
        elif end.timed_out:
            return _result(False, used, given_up, seconds, logs, timed_out=True)
        else:
            given_up.append(_given_up(step, end))
    needed = {step.purpose for step in plan.steps if step.required}
    return _result(needed <= done, used, given_up, seconds, logs)


def _choices(metadata: Metadata, suite: SuitePlan) -> tuple[_Choice, ...]:
    runner = ("pytest", *suite.plugins)
    files = tuple(word for name in metadata.requirement_files for word in ("-r", name))
    groups = tuple(word for name in metadata.groups for word in ("--group", name))
    project = (f".[{','.join(metadata.extras)}]" if metadata.extras else ".",) if metadata.installable else ()
    plain = (".",) if metadata.installable else ()
    everything = (*project, *runner, *metadata.test_packages, *groups, *files)
    found = [
        _Choice("the project with everything its tests ask for", everything),
        _Choice("the project, its extras and groups", (*project, *runner, *groups)),
        _Choice("the project and its requirement files", (*plain, *runner, *files)),
        _Choice("the project and the test runner", (*plain, *runner)),
        _Choice("the project's declared packages, without the project", (*runner, *metadata.runtime_packages)),
        _Choice("the test runner", ("pytest",)),
    ]
    return tuple({choice.words: choice for choice in reversed(found)}.values())[::-1]


def _step(purpose: str, choice: _Choice, root: str, metadata: Metadata) -> BuildStep:
    plan = {
        "source": places.WORKSPACE,
        "root": root,
        "copy": f"{places.COPY}/build",
        "target": places.DEPENDENCIES,
        "overlay": places.OVERLAY,
        "uv": places.UV,
        "words": list(choice.words),
        "name": metadata.name,
    }
    argv = (places.PYTHON, "-I", f"{places.TOOLS}/iama_build.py", json.dumps(plan, sort_keys=True))
    return BuildStep(purpose=purpose, label=choice.label, argv=argv, env=_build_environment(metadata))


def _build_environment(metadata: Metadata) -> dict[str, str]:
    """Version sources of build backends that would ask Git: the copy that is built has no history."""
    version = metadata.version or "0.0.0"
    return {
        "SETUPTOOLS_SCM_PRETEND_VERSION": version,
        "PDM_BUILD_SCM_VERSION": version,
        "PBR_VERSION": version,
        "POETRY_DYNAMIC_VERSIONING_BYPASS": version,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "copy",
        "UV_NO_PROGRESS": "1",
        "UV_CACHE_DIR": "/tmp/uv-cache",
        "HOME": "/tmp",
    }


def _notes(metadata: Metadata, suite: SuitePlan) -> tuple[str, ...]:
    found = []
    if not metadata.installable:
        found.append(
            "The folder has no packaging metadata; only the test runner and listed requirements are installed."
        )
    if suite.runner == "none":
        found.append(suite.reason)
    return tuple(found)


def _given_up(step: BuildStep, end: PhaseEnd) -> str:
    tail = next((line for line in reversed(end.log.splitlines()) if line.strip()), "no output")
    return f"Installing {step.label} failed: {tail.strip()[:300]}"


def _result(
    ok: bool, used: list[str], given_up: list[str], seconds: float, logs: list[str], *, timed_out: bool = False
) -> BuildResult:
    return BuildResult(
        ok=ok, used=tuple(used), fallbacks=tuple(given_up), timed_out=timed_out, seconds=seconds, log="".join(logs)
    )
