"""The verbs of the execution plane: choose a provider, report what this machine can do, tidy up after crashes."""

import asyncio
import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.infra.paths import sandbox_folder
from services.sandbox.errors import IsolationBelowPolicyError, SandboxUnavailableError
from services.sandbox.interpreter import find_interpreters
from services.sandbox.port import Capabilities, IsolationLevel, Strength, WipeEvidence
from services.sandbox.providers.bubblewrap import BubblewrapProvider
from services.sandbox.providers.gvisor import GvisorProvider
from services.sandbox.providers.local import LocalProvider, LocalSession, recorded_cgroups
from services.sandbox.volume import COMPLETE_MARK, Volume
from services.sandbox.wipe import evidence_file, read_evidence, remove_unopened, wipe_volume

PROVIDERS: tuple[type[LocalProvider], ...] = (GvisorProvider, BubblewrapProvider)
"""Providers of this machine in order of preference, strongest first."""

OWN_CODE_ONLY = frozenset({IsolationLevel.SHARED_KERNEL})

_log = logging.getLogger(__name__)


def providers(root: Path | None = None) -> list[LocalProvider]:
    """Return every provider this build knows, usable or not; `root` holds their volumes (default: data folder)."""
    folder = root or sandbox_folder()
    return [kind(folder) for kind in PROVIDERS]


async def select_provider(
    min_level: IsolationLevel,
    own_code: bool,
    *,
    required: Collection[str] = (),
    root: Path | None = None,
    candidates: Sequence[LocalProvider] | None = None,
) -> LocalProvider:
    """Return the first provider that works here and meets the policy; the first call on a boot tests it (seconds).

    Args:
        min_level: the weakest boundary the tenant accepts.
        own_code: someone stated that the code is their own; only then a shared kernel is acceptable, and it lowers
            `min_level` to it.
        required: names of features that must be enforced.
    Raises:
        IsolationBelowPolicyError: code POLICY_BLOCKED with `reason` ISOLATION_BELOW_POLICY and `unmet`, one sentence
            per provider.
    """
    floor = IsolationLevel.SHARED_KERNEL if own_code else min_level
    unmet: list[str] = []
    for provider in candidates if candidates is not None else providers(root):
        problems = _policy_problems(provider, floor, own_code)
        if not problems:
            problems = _probe_problems(await provider.probe(), required)
        if not problems:
            return provider
        unmet += [f"{provider.name}: {problem}" for problem in problems]
    raise IsolationBelowPolicyError(
        sentence="No sandbox on this machine is strong enough for this code.",
        reason="ISOLATION_BELOW_POLICY",
        min_level=min_level.value,
        unmet=unmet,
    )


def _policy_problems(provider: LocalProvider, floor: IsolationLevel, own_code: bool) -> list[str]:
    if provider.level in OWN_CODE_ONLY and not own_code:
        return ["shares the host's kernel; allowed only for your own code (--own-code)"]
    if provider.level.rank < floor.rank:
        return [f"its level {provider.level.value} is below {floor.value}"]
    return []


def _probe_problems(found: Capabilities, required: Collection[str]) -> list[str]:
    if not found.available:
        return [found.reason]
    return [
        f"{name} is not enforced"
        for name in sorted(required)
        if name not in found.features or found.features[name].strength is not Strength.ENFORCED
    ]


async def capabilities_report(*, refresh: bool = False, root: Path | None = None) -> dict[str, Any]:
    """Return what each provider does here and which Pythons guests can run, as plain JSON data for `iama doctor`."""
    found = [await provider.probe(refresh=refresh) for provider in providers(root)]
    interpreters = await asyncio.to_thread(find_interpreters)
    return {
        "providers": [{**asdict(item), "probed_at": item.probed_at.isoformat()} for item in found],
        "interpreters": [asdict(item) for item in interpreters],
        "default": next((item.provider for item in found if item.available), None),
        "started_as_root": os.geteuid() == 0,
    }


async def attach(session_ref: str, *, root: Path | None = None) -> LocalSession:
    """Re-open a session of this machine with the provider that made it.

    Raises:
        SandboxUnavailableError: no such session here, or made by a provider this build does not know.
    """
    folder = root or sandbox_folder()
    try:
        name = Volume(folder / Path(session_ref).name, None).read_record()["provider"]
    except (OSError, ValueError, KeyError):
        raise SandboxUnavailableError(sentence="This sandbox session does not exist any more.") from None
    for provider in providers(folder):
        if provider.name == name:
            return await provider.attach(session_ref)
    raise SandboxUnavailableError(sentence=f"The sandbox session belongs to an unknown provider {name!r}.")


async def wipe(session_ref: str, *, root: Path | None = None) -> WipeEvidence:
    """Erase a session by its reference; a session that was wiped before returns its first evidence.

    Raises:
        SandboxUnavailableError: this machine never had the session.
    """
    folder = root or sandbox_folder()
    volume = Volume(folder / Path(session_ref).name, None)
    try:
        return await asyncio.to_thread(wipe_volume, volume, recorded_cgroups(volume))
    except FileNotFoundError:
        raise SandboxUnavailableError(sentence="This machine never had that sandbox session.") from None


async def erase_unopened(session_ref: str, *, root: Path | None = None) -> WipeEvidence:
    """Erase a session of which it is not known how far its opening came: whole, half-made, or never begun.

    Nothing of anybody's is put into a session before its opening ended.
    """
    folder = root or sandbox_folder()
    volume = Volume(folder / Path(session_ref).name, None)
    if volume.path(COMPLETE_MARK).is_file():
        return await wipe(session_ref, root=root)
    try:
        return await asyncio.to_thread(read_evidence, evidence_file(volume))
    except FileNotFoundError:
        return await asyncio.to_thread(remove_unopened, volume)


def present_sessions(*, root: Path | None = None) -> list[str]:
    """List the references of sessions whose volumes lie on this machine."""
    folder = root or sandbox_folder()
    return sorted(item.name for item in folder.iterdir() if (item / COMPLETE_MARK).is_file()) if folder.is_dir() else []


async def sweep_leftovers(
    keep: Collection[str] = (), *, among: Collection[str] | None = None, root: Path | None = None
) -> list[WipeEvidence]:
    """Wipe sessions that nobody will come back to: not in `keep` and not in use by a living process.

    A session that cannot be wiped is logged and left for the next call.

    Args:
        keep: references of the sessions that open jobs still need.
        among: what was present before `keep` was read, so that a session opened meanwhile is left alone.
    """
    present = present_sessions(root=root) if among is None else among
    candidates = [(root or sandbox_folder()) / ref for ref in present if ref not in keep]
    return [evidence for item in candidates if (evidence := await asyncio.to_thread(_sweep_one, item)) is not None]


def _sweep_one(folder: Path) -> WipeEvidence | None:
    volume = Volume(folder, None)
    try:
        os.close(volume.lock())
        return wipe_volume(volume, recorded_cgroups(volume))
    except SandboxUnavailableError:
        return None
    except OSError as problem:
        _log.error("sandbox session %s could not be wiped: %s", volume.ref, problem)
        return None
