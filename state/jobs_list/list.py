"""W6: the jobs of the workspace, filtered, kept in step with the feed."""

from typing import Any

import reflex as rx

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.limits import PAGE_DEFAULT, PAGE_MAX
from state.base import PageState, guarded
from state.jobs_list.loaders import load_jobs
from state.jobs_list.views import GROUPS, JobsView
from state.live import workspace_news

_TEXT_MAX = 200


class JobsListState(PageState, rx.State):
    """Rows and filters of one tab."""

    view: JobsView = JobsView()
    group: str = "ALL"
    status: str = ""
    text: str = ""
    limit: int = PAGE_DEFAULT
    announcement: str = ""

    @rx.var
    def is_filtered(self) -> bool:
        """Say whether any filter hides jobs."""
        return bool(self.text or self.status or self.group != "ALL")

    @rx.event
    @guarded
    async def load(self) -> Any:
        """Show the page and begin to follow the workspace."""
        await self._reload()
        return JobsListState.follow

    @rx.event
    @guarded
    async def retry(self) -> None:
        """Read again after an error."""
        await self._reload()

    @rx.event
    @guarded
    async def choose_group(self, group: str) -> None:
        """Show all, what waits for the person, what moves, or what fell back."""
        self.group = group if group in GROUPS else "ALL"
        self.status = ""
        await self._narrow()

    @rx.event
    @guarded
    async def choose_status(self, status: str) -> None:
        """Show one state, or every state."""
        self.status = status if status in list(JobState) else ""
        await self._narrow()

    @rx.event
    @guarded
    async def search(self, text: str) -> None:
        """Show jobs whose goal, path, repository or id contains the text."""
        self.text = str(text)[:_TEXT_MAX]
        await self._narrow()

    @rx.event
    @guarded
    async def clear(self) -> None:
        """Drop every filter."""
        self.group, self.status, self.text = "ALL", "", ""
        await self._narrow()

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Show the next rows below."""
        self.limit = min(self.limit + PAGE_DEFAULT, PAGE_MAX)
        await self._reload()

    @rx.event(background=True)
    async def follow(self) -> None:
        """Repaint whenever a job of the workspace changed, until the tab leaves the page."""
        try:
            actor = await self._actor()
            async for _ in workspace_news(self, actor):
                async with self:
                    await self._reload()
        except IamaError as error:
            async with self:
                self._refuse(error)

    async def _narrow(self) -> None:
        self.limit = PAGE_DEFAULT
        await self._reload()

    async def _reload(self) -> None:
        async with self._unit_of_work() as uow:
            view = await load_jobs(uow, group=self.group, state=self.status, text=self.text, limit=self.limit)
        if self.loaded and view.counts != self.view.counts:
            self.announcement = view.fact
        self.view = view
        self.loaded = True
