"""The rule set that removes what never runs and private definitions that nothing mentions."""

import ast
import re
from collections.abc import Iterator

from services.canon.vocabulary import ProposalLevel
from services.engine.hazards import Hazard, HazardKind
from services.engine.rules.hunks import parses_text
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.view import FUNCTIONS, FunctionNode, View, own_nodes, spliced, view_of
from services.engine.source import Splice

_UNREACHABLE = "UNREACHABLE"
_UNUSED = "UNUSED-PRIVATE"
_MESSAGES = {
    _UNREACHABLE: "Remove statements that never run",
    _UNUSED: "Remove private definitions that nothing mentions",
}
_REMOVED = "`{name}` is mentioned nowhere in the tree and goes."
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_KEEPERS = (ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)
_SNIFFED = 1024
_MARKS = re.compile(r"#\s*(?:noqa|pragma|type:|pylint:)")


def _fix(given: RuleInput) -> RuleOutput:
    output = RuleOutput()
    words = _Words(given)
    for path, text in given.texts.items():
        view = view_of(path, text)
        if view is None:
            continue
        splices = [*_unreachable(view, output), *_unused(view, given, words, output)]
        after = spliced(text, _outermost(splices))
        if splices and parses_text(after):
            output.texts[path] = after
    return output


def _unreachable(view: View, output: RuleOutput) -> Iterator[Splice]:
    for function in [node for node in ast.walk(view.module) if isinstance(node, FUNCTIONS)]:
        for block in _blocks(function):
            at = next((i for i, node in enumerate(block[:-1]) if isinstance(node, _LEAVES)), None)
            dead = block[at + 1 :] if at is not None else []
            if dead and _may_go(view, function, dead):
                output.count(_UNREACHABLE, _MESSAGES[_UNREACHABLE])
                yield Splice(view.line_start((block[at or 0].end_lineno or 0) + 1), _end(view, dead[-1]), "")


def _blocks(function: FunctionNode) -> Iterator[list[ast.stmt]]:
    for node in [function, *own_nodes(function)]:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if (
                isinstance(block, list)
                and block
                and (node is function or not isinstance(node, (*FUNCTIONS, ast.ClassDef)))
            ):
                yield block


def _may_go(view: View, function: FunctionNode, dead: list[ast.stmt]) -> bool:
    """Tell whether statements mean nothing beyond running: no `yield`, no name that they alone make local."""
    inside = [node for item in dead for node in ast.walk(item)]
    if any(isinstance(node, _KEEPERS) for node in inside) or not all(view.stands_alone(item) for item in dead):
        return False
    start, end = view.line_start(dead[0].lineno), _end(view, dead[-1])
    if _MARKS.search(view.text[start:end]):
        return False
    gone = set(map(id, inside))
    bound = _bound(inside)
    others = (node for node in ast.walk(function) if id(node) not in gone)
    return not bound & {node.id for node in others if isinstance(node, ast.Name)}


def _bound(nodes: list[ast.AST]) -> set[str]:
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in nodes if isinstance(node, (*FUNCTIONS, ast.ClassDef))}
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return names | {item.asname or item.name.partition(".")[0] for node in imports for item in node.names}


class _Words:
    """How often each word occurs in the whole tree, in any text file, and which names may be put together."""

    def __init__(self, given: RuleInput) -> None:
        self.count: dict[str, int] = {}
        prefixes: set[str] = set()
        for path, content in given.tree.items():
            if b"\0" in content[:_SNIFFED]:
                continue
            text = given.texts.get(path) or content.decode("utf-8", "replace")
            for word in re.findall(r"[^\W\d]\w*", text):
                self.count[word] = self.count.get(word, 0) + 1
            prefixes |= set(re.findall(r"['\"](_\w*_)(?=['\"{%])", text))
        self.prefixes = tuple(item for item in prefixes if len(item) > 1)

    def needs(self, name: str, inside: str) -> bool:
        """Tell whether anything outside the definition `inside` may mean the name."""
        own = len(re.findall(rf"\b{re.escape(name)}\b", inside))
        return self.count.get(name, 0) > own or name.startswith(self.prefixes)


def _unused(view: View, given: RuleInput, words: _Words, output: RuleOutput) -> Iterator[Splice]:
    """Private functions and classes at the top level; private methods above CONSERVATIVE."""
    wide = given.level is not ProposalLevel.CONSERVATIVE
    for owner, node in _candidates(view.module, wide):
        first, last = _first_line(node), node.end_lineno or node.lineno
        start, end = view.lines_of(first, last)
        text = view.text[start:end]
        if node.decorator_list or _MARKS.search(text) or not view.stands_alone(node) or words.needs(node.name, text):
            continue
        output.count(_UNUSED, _MESSAGES[_UNUSED])
        sentence = _REMOVED.format(name=node.name)
        output.hazards.append(Hazard(HazardKind.DEAD_CODE_REMOVED, view.path, node.lineno, sentence))
        yield _removal(view, node, owner.body if owner else view.module.body, Splice(start, end, ""))


def _removal(view: View, node: ast.stmt, body: list[ast.stmt], lines: Splice) -> Splice:
    """Return what takes a definition away with the blank lines below it, or above it where it is the last."""
    if len(body) == 1:
        return Splice(lines.start, lines.end, f"{view.indent_of(node)}pass\n")
    if node is not body[-1]:
        return Splice(lines.start, _without_blanks(view, lines.end), "")
    before = view.text[: lines.start]
    blanks = len(before) - len(before.rstrip())
    return Splice(lines.start - max(blanks - 1, 0), lines.end, "") if blanks else lines


def _candidates(module: ast.Module, methods: bool) -> Iterator[tuple[ast.ClassDef | None, FunctionNode | ast.ClassDef]]:
    for node in module.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and _is_private(node.name):
            yield None, node
        elif isinstance(node, ast.ClassDef) and methods and not node.bases and not node.keywords:
            for item in node.body:
                if isinstance(item, FUNCTIONS) and _is_private(item.name):
                    yield node, item


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name.strip("_") != ""


def _first_line(node: FunctionNode | ast.ClassDef) -> int:
    return min([node.lineno, *(item.lineno for item in node.decorator_list)])


def _end(view: View, node: ast.stmt) -> int:
    return view.line_start((node.end_lineno or node.lineno) + 1)


def _without_blanks(view: View, at: int) -> int:
    blank = re.compile(r"(?:[ \t]*\n)*").match(view.text, at)
    return blank.end() if blank else at


def _outermost(splices: list[Splice]) -> list[Splice]:
    """Leave out splices inside others."""
    return [s for s in splices if not any(o != s and o.start <= s.start and s.end <= o.end for o in splices)]


DEAD_CODE = RuleSet(
    "dead-code",
    "Statements that never run, and private definitions that nothing mentions",
    "Unreachable statements bind no name that others read; a removed name occurs nowhere else in any file of the tree.",
    "LOW",
    _fix,
)
