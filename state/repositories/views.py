"""What the repository screen draws."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from services.jobs.schemas import JobView
from state.jobs import format as fmt


@dataclass(frozen=True)
class RepositoryRowView:
    """One repository that jobs of this workspace used, with its newest use."""

    label: str = ""
    url: str = ""
    branch: str = ""
    jobs: str = "0"
    last_used: str = fmt.DASH


def repository_rows(jobs: Iterable[JobView]) -> list[RepositoryRowView]:
    """Return one row for each address, newest use first; `jobs` come newest first."""
    by_url: dict[str, list[JobView]] = {}
    for job in jobs:
        by_url.setdefault(job.source.url, []).append(job)
    return [
        RepositoryRowView(
            label=used[0].source.repo_full_name,
            url=url,
            branch=used[0].source.branch or "",
            jobs=fmt.count(len(used)),
            last_used=fmt.day(used[0].created_at),
        )
        for url, used in by_url.items()
    ]


def setup_address(url: str, branch: str, scope: str) -> str:
    """Return the set-up page's address for a chosen repository, branch and scope."""
    chosen = {"url": url, "branch": branch, "scope": scope}
    return "/jobs/new?" + urlencode({name: value for name, value in chosen.items() if value})
