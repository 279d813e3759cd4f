"""What a hosted model may see of a snapshot: the targets whole, of their dependencies only signatures."""

from dataclasses import dataclass

from services.core.tree import Tree, file_fingerprint
from services.engine.project_model import ModuleModel, ProjectModel


@dataclass(frozen=True, slots=True)
class ContextBlock:
    """One piece of repository text. Targets are never pruned; dependencies are, the last one first."""

    path: str
    kind: str
    text: str
    fingerprint: str | None = None

    @property
    def is_target(self) -> bool:
        """Whether the block may not be left out (V1-LLM-15)."""
        return self.kind == "target"


def context_blocks(project: ProjectModel, tree: Tree) -> list[ContextBlock]:
    """Return the targets in path order, then the signatures of what they import, most used first."""
    targets = [module for module in project.in_scope if not module.is_test]
    used = _imported(targets, project)
    dependencies = sorted(used, key=lambda path: (-used[path], path))
    return [_target(module.path, tree) for module in targets] + [
        ContextBlock(path, "signatures", _signatures(project.modules[path])) for path in dependencies
    ]


def _target(path: str, tree: Tree) -> ContextBlock:
    return ContextBlock(path, "target", tree[path].decode("utf-8", "replace"), file_fingerprint(tree[path]))


def _imported(targets: list[ModuleModel], project: ProjectModel) -> dict[str, int]:
    """Map each imported module of the project that is no target to how many targets import it."""
    paths = {module.name: module.path for module in project.modules.values() if not module.problem}
    own = {module.path for module in targets}
    used: dict[str, int] = {}
    for module in targets:
        names = {item.module for item in module.imports}
        names |= {f"{item.module}.{item.name}" for item in module.imports if item.name}
        for path in {paths[name] for name in names if name in paths} - own:
            used[path] = used.get(path, 0) + 1
    return used


def _signatures(module: ModuleModel) -> str:
    lines = [f"class {item.qualified_name}({', '.join(item.bases)})" for item in module.classes]
    for function in module.functions:
        if not function.is_nested:
            owner = function.qualified_name.rpartition(".")[0]
            lines.append(f"def {owner + '.' if owner else ''}{function.signature}")
    return "\n".join(lines)
