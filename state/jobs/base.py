"""What every job screen's state shares: head, rail, notice, commands under the revision lock, the live feed.

A page loads once, then follows the job's feed in a background event that paints at most twice a second, and ends when
the tab left the page or the browser went away.
"""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import reflex as rx

from services.canon.errors import IamaError
from services.canon.vocabulary import JobAction
from services.feed.schemas import Frame
from services.infra.unit_of_work import UnitOfWork
from state.account.session import SessionState
from state.base import PageState, guarded, parse_id
from state.jobs import loaders
from state.jobs.views import HeadView, NoticeView, RailView
from state.live import is_open

PAINT_SECONDS = 0.5
"""Shortest time between two paints of one page."""

LIVENESS_SECONDS = 20.0
"""How often a quiet page asks whether its browser is still there."""

FOLLOW_SECONDS = 4 * 3600.0
"""Longest life of one background event; the page starts a new one when it is entered again."""

STALE_CODES = {
    "STATE_REVISION_CONFLICT": "Someone already changed this job",
    "TRANSITION_NOT_ALLOWED": "The job is not in that state any more",
}


def job_id_of(path: str) -> UUID:
    """Return the job a path such as `/jobs/<id>/spec` names.

    Raises:
        IamaError: `NOT_FOUND`.
    """
    parts = path.strip("/").split("/")
    return parse_id(parts[1] if len(parts) > 1 else "")


async def batches(frames: AsyncIterator[Sequence[Frame]], quiet_seconds: float) -> AsyncIterator[Sequence[Frame]]:
    """Pass batches on; an empty one says that nothing came for `quiet_seconds`."""
    pending: asyncio.Future[Sequence[Frame]] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(frames))
            done, _ = await asyncio.wait({pending}, timeout=quiet_seconds)
            if not done:
                yield ()
                continue
            batch = pending.result()
            pending = None
            yield batch
    except StopAsyncIteration:
        return
    finally:
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await pending


class JobPageState(PageState, mixin=True):
    """Base of the job screens; abstract until a page says how it paints (`_paint`); `_absorb` is for cheap news."""

    head: HeadView = HeadView()
    rail: RailView = RailView()
    notice: NoticeView = NoticeView()
    confirming: bool = False
    _seq: int = 0
    _stream: int = 0

    @abstractmethod
    async def _paint(self, uow: UnitOfWork, job_id: UUID, segment: str) -> None:
        """Load and word everything the page shows."""

    def _absorb(self, frames: Sequence[Frame]) -> bool:
        """Take news that needs no reading of rows; False asks for a full paint."""
        return False

    def _job_id(self) -> UUID:
        return job_id_of(self.router.url.path)

    async def _words(self) -> str:
        session: SessionState = await self.get_state(SessionState)
        return session.person.segment

    async def _load(self) -> None:
        job_id, segment = self._job_id(), await self._words()
        async with self._unit_of_work() as uow:
            self._seq = await loaders.last_seq(uow, job_id)
            await self._paint(uow, job_id, segment)
        self.loaded = True

    @rx.event
    @guarded
    async def enter(self) -> Any:
        """Load the page and follow the job from there."""
        self.loaded, self.notice, self.confirming = False, NoticeView(), False
        if self.head.job_id not in self.router.url.path:
            self.head, self.rail = HeadView(), RailView()
        await self._load()
        return type(self).follow

    @rx.event
    @guarded
    async def reload(self) -> None:
        """Load the present state after a notice."""
        self.notice = NoticeView()
        await self._load()

    @rx.event(background=True)
    async def follow(self) -> None:
        """Paint news of the job until the tab leaves the page, the browser goes away, or the time is over."""
        async with self:
            self._stream += 1
            stream, path, seq = self._stream, self.router.url.path, self._seq
            token = self.router.session.client_token
            try:
                actor, job_id = await self._actor(), self._job_id()
            except IamaError:
                return
        ends = asyncio.get_running_loop().time() + FOLLOW_SECONDS
        async for frames in batches(loaders.subscribe(actor, job_id, seq), LIVENESS_SECONDS):
            if asyncio.get_running_loop().time() > ends or not await is_open(token):
                return
            async with self:
                if self._stream != stream or self.router.url.path != path:
                    return
                if frames and not await self._take(frames):
                    return
            await asyncio.sleep(PAINT_SECONDS)

    async def _take(self, frames: Sequence[Frame]) -> bool:
        """Paint a batch; False when the person may not see the job any more."""
        self._seq = frames[-1].seq
        if self._absorb(frames):
            return True
        try:
            await self._load()
        except IamaError as error:
            self._refuse(error)
            return False
        return True

    async def _act(self, action: JobAction, **params: Any) -> bool:
        """Send a command under the revision this page shows; a stale one becomes a notice and writes nothing."""
        self.notice = NoticeView()
        try:
            actor = await self._actor()
            await loaders.act(actor, self._job_id(), action, self.head.revision, params)
        except IamaError as error:
            if error.code not in STALE_CODES:
                raise
            self.notice = NoticeView("warning", STALE_CODES[error.code], error.remedy, error.code, can_reload=True)
            return False
        await self._load()
        return True

    @rx.event
    @guarded
    async def act(self, action: str) -> None:
        """Ask for one of the actions that the page offers without further words."""
        await self._act(checked_action(action))

    @rx.event
    async def ask_cancel(self) -> None:
        """Open the dialog that names what cancelling means."""
        self.confirming = True

    @rx.event
    async def keep_job(self) -> None:
        """Take the safe choice of the dialog."""
        self.confirming = False

    @rx.event
    @guarded
    async def cancel_job(self) -> None:
        """Cancel the job after the dialog."""
        self.confirming = False
        await self._act(JobAction.CANCEL)


def checked_action(action: Any) -> JobAction:
    """Return the action a browser named.

    Raises:
        IamaError: `VALIDATION_FAILED`.
    """
    if not isinstance(action, str) or action not in set(JobAction):
        raise IamaError("VALIDATION_FAILED", fields=["action"])
    return JobAction(action)


def checked_text(value: Any, field: str, longest: int) -> str:
    """Return a text a browser sent, trimmed.

    Raises:
        IamaError: `VALIDATION_FAILED` for another type or a longer text.
    """
    if not isinstance(value, str) or len(value) > longest:
        raise IamaError("VALIDATION_FAILED", fields=[field])
    return value.strip()
