"""Real database, fresh workspaces."""

from tests.support.benches import bench, workspace
from tests.support.database import database

__all__ = ["bench", "database", "workspace"]
