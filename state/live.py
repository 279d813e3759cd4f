"""Live pages: a background handler that waits for facts and repaints; it ends when the tab closes or moves on.

Nothing is asked in a loop: the process listens once, and readers sleep until their job or workspace has news. The feed
wakes them at least every 5 s, which bounds how long a handler outlives its tab.
"""

from collections.abc import AsyncIterator
from typing import Any

from reflex_base.registry import RegistrationContext

from services.core.actor import Actor
from services.feed import service as feed


async def is_open(client_token: str) -> bool:
    """Say whether the tab of this token still has its websocket, on whichever process."""
    namespace = RegistrationContext.get().app.event_namespace
    return namespace is not None and await namespace._token_manager.is_token_connected(client_token)


async def workspace_news(page: Any, actor: Actor) -> AsyncIterator[None]:
    """Yield whenever a job of the workspace changed, while the tab shows the page it showed at the start.

    Args:
        page: The `PageState` of a background handler, outside its lock.
    """
    watch = await _begin(page)
    async for _ in feed.tenant_changes(actor):
        if not await _is_current(page, watch):
            return
        yield


async def _begin(page: Any) -> tuple[int, str]:
    """Take over from an earlier watch of the same state, so that a revisited page is painted once."""
    async with page:
        page._watch += 1
        return page._watch, page.router.url.path


async def _is_current(page: Any, watch: tuple[int, str]) -> bool:
    if not await is_open(page.router.session.client_token):
        return False
    async with page:
        return (page._watch, page.router.url.path) == watch
