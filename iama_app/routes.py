"""The table of pages: path, module, title, screen of the specification, who may enter, section of the portal."""

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import ModuleType


class Entrance(StrEnum):
    """Who a page lets in; the states behind it check again on every event."""

    PUBLIC = "PUBLIC"
    SIGNED_IN = "SIGNED_IN"
    TENANT = "TENANT"


@dataclass(frozen=True, slots=True)
class Route:
    """One page. Its module offers `page()`, and `ON_LOAD` with the events that run on entry."""

    path: str
    module: str
    title: str
    screen: str
    entrance: Entrance

    def load(self) -> ModuleType:
        """Import the page's module."""
        return import_module(f"iama_app.pages.{self.module}")


_PUBLIC, _SIGNED_IN, _TENANT = Entrance.PUBLIC, Entrance.SIGNED_IN, Entrance.TENANT

ROUTES: tuple[Route, ...] = (
    Route("/", "public.home", "IAMA", "W6", _PUBLIC),
    Route("/sign-in", "account.sign_in", "Sign in", "W1", _PUBLIC),
    Route("/register", "account.register", "Register", "W1", _PUBLIC),
    Route("/welcome", "account.welcome", "Before the first job", "W2", _SIGNED_IN),
    Route("/jobs", "jobs.list", "Jobs", "W6", _TENANT),
    Route("/jobs/new", "jobs.new", "New job", "W9", _TENANT),
    Route("/jobs/new/preview", "jobs.preview", "Preview", "W9", _TENANT),
    Route("/repositories", "repositories.picker", "Repositories", "W8", _TENANT),
    Route("/jobs/[job_id]", "jobs.detail", "Job", "W7", _TENANT),
    Route("/jobs/[job_id]/strategy", "jobs.strategy", "Strategy", "W10", _TENANT),
    Route("/jobs/[job_id]/spec", "jobs.spec", "Spec", "W11", _TENANT),
    Route("/jobs/[job_id]/tests", "jobs.tests", "Tests", "W11b", _TENANT),
    Route("/jobs/[job_id]/execution", "jobs.execution", "Execution", "W12", _TENANT),
    Route("/jobs/[job_id]/intervene", "jobs.intervene", "Intervention", "W13", _TENANT),
    Route("/jobs/[job_id]/delivery", "jobs.delivery", "Delivery", "W14", _TENANT),
    Route("/jobs/[job_id]/artifacts", "jobs.artifacts", "Artifacts", "W14b", _TENANT),
)
NOT_FOUND = Route("404", "public.not_found", "Not found", "404", _PUBLIC)
