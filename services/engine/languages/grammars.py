"""Definitions and syntax errors by tree-sitter: which node types of a grammar define something, as tables.

Grammars are loaded on first use. Positions of tree-sitter are UTF-8 bytes; what leaves this module counts characters.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from services.engine.document_types import Language
from services.engine.languages.definitions import (
    ASSIGNMENT,
    CLASS,
    FUNCTION,
    METHOD,
    Definition,
    SyntaxProblem,
    utf8_offsets,
)
from services.engine.source import SourceText

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a node type defines: its kinds, the field that holds the name, the parents it counts in (empty: any)."""

    kinds: frozenset[str]
    name_field: str = "name"
    within: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Grammar:
    """Tables of one language.

    `wrappers` are nodes whose span stands for the one definition inside (`export …`, `const …`); `values` are the
    kinds that a value adds to the name it is assigned to; `owners` only lend their name to what they hold.
    """

    shapes: dict[str, _Shape]
    wrappers: frozenset[str]
    values: dict[str, frozenset[str]] = field(default_factory=dict)
    owners: frozenset[str] = frozenset()


_SCRIPT = _Grammar(
    shapes={
        "function_declaration": _Shape(FUNCTION),
        "generator_function_declaration": _Shape(FUNCTION),
        "function_signature": _Shape(FUNCTION),
        "class_declaration": _Shape(CLASS),
        "abstract_class_declaration": _Shape(CLASS),
        "interface_declaration": _Shape(CLASS),
        "enum_declaration": _Shape(CLASS),
        "method_definition": _Shape(METHOD),
        "method_signature": _Shape(METHOD),
        "abstract_method_signature": _Shape(METHOD),
        "field_definition": _Shape(ASSIGNMENT, "property"),
        "public_field_definition": _Shape(ASSIGNMENT),
        "property_signature": _Shape(ASSIGNMENT, within=frozenset({"interface_body"})),
        "variable_declarator": _Shape(ASSIGNMENT, within=frozenset({"lexical_declaration", "variable_declaration"})),
        "type_alias_declaration": _Shape(ASSIGNMENT),
        "assignment_expression": _Shape(ASSIGNMENT, "left"),
        "pair": _Shape(ASSIGNMENT, "key"),
    },
    wrappers=frozenset({"export_statement", "lexical_declaration", "variable_declaration", "ambient_declaration",
                        "expression_statement"}),
    values={
        "arrow_function": FUNCTION,
        "function_expression": FUNCTION,
        "generator_function": FUNCTION,
        "class": CLASS,
    },
    owners=frozenset({"internal_module", "module"}),
)  # fmt: skip

_JAVA_FIELDS = frozenset({"field_declaration", "local_variable_declaration", "constant_declaration"})
_JAVA = _Grammar(
    shapes={
        "class_declaration": _Shape(CLASS),
        "interface_declaration": _Shape(CLASS),
        "enum_declaration": _Shape(CLASS),
        "record_declaration": _Shape(CLASS),
        "annotation_type_declaration": _Shape(CLASS),
        "method_declaration": _Shape(METHOD),
        "constructor_declaration": _Shape(METHOD),
        "compact_constructor_declaration": _Shape(METHOD),
        "variable_declarator": _Shape(ASSIGNMENT, within=_JAVA_FIELDS),
        "enum_constant": _Shape(ASSIGNMENT),
    },
    wrappers=_JAVA_FIELDS,
)

_GRAMMARS: dict[Language, _Grammar] = {"javascript": _SCRIPT, "typescript": _SCRIPT, "java": _JAVA}
_NAMES = frozenset({
    "identifier", "type_identifier", "property_identifier", "private_property_identifier", "member_expression",
    "shorthand_property_identifier", "nested_identifier", "string", "this",
})  # fmt: skip


def tree_definitions(source: SourceText, language: Language) -> list[Definition]:
    """Return what a file defines, in order of the source, what is nested in functions and literals too."""
    grammar = _GRAMMARS[language]
    data = source.text.encode()
    found = list(_walk(_parsed(data, _dialect(source.path, language)).root_node, grammar))
    places = sorted({offset for item in found for offset in item[2:]})
    at = dict(zip(places, utf8_offsets(source, places), strict=True))
    items = [Definition(kinds, name, at[start], at[end]) for kinds, name, start, end in found]
    return sorted(items, key=lambda item: (item.start, -item.end))


def tree_problem(source: SourceText, language: Language) -> SyntaxProblem | None:
    """Return the first place that tree-sitter cannot read and how many there are; None when the file parses."""
    root = _parsed(source.text.encode(), _dialect(source.path, language)).root_node
    if not root.has_error:
        return None
    broken = [node for node in _nodes(root) if node.is_error or node.is_missing]
    line = min((node.start_point[0] for node in broken), default=0) + 1
    return SyntaxProblem("Syntax error.", line, max(len(broken), 1))


def _walk(root: "Node", grammar: _Grammar) -> Iterator[tuple[frozenset[str], str, int, int]]:
    """Yield kinds, qualified name and the bytes from first to last of each definition."""
    stack: list[tuple[Node, str]] = [(root, "")]
    while stack:
        node, owner = stack.pop()
        inner = owner
        name = _name_of(node, grammar)
        if name:
            inner = f"{owner}{name}."
        if name and node.type not in grammar.owners:
            anchor = _anchor(node, grammar)
            yield _kinds_of(node, grammar), owner + name, _first_byte(anchor), anchor.end_byte
        stack += [(child, inner) for child in node.named_children]


def _name_of(node: "Node", grammar: _Grammar) -> str | None:
    shape = grammar.shapes.get(node.type)
    parent = node.parent.type if node.parent else ""
    if shape is None and node.type not in grammar.owners:
        return "default" if node.type in grammar.values and parent == "export_statement" else None
    if shape and shape.within and parent not in shape.within:
        return None
    named = node.child_by_field_name(shape.name_field if shape else "name")
    if named is None or named.type not in _NAMES or named.text is None:
        return None
    return named.text.decode().strip("'\"")


def _kinds_of(node: "Node", grammar: _Grammar) -> frozenset[str]:
    shape = grammar.shapes.get(node.type)
    if shape is None:
        return grammar.values[node.type]
    value = node.child_by_field_name("value") or node.child_by_field_name("right")
    kinds = grammar.values.get(value.type, frozenset()) if value else frozenset()
    is_member = node.type in ("field_definition", "public_field_definition", "pair")
    return shape.kinds | (METHOD if is_member and kinds == FUNCTION else kinds)


def _anchor(node: "Node", grammar: _Grammar) -> "Node":
    """Return the outermost wrapper that holds this definition alone."""
    anchor = node
    while anchor.parent is not None and anchor.parent.type in grammar.wrappers:
        if any(child.type == node.type and child != anchor for child in anchor.parent.named_children):
            break
        anchor = anchor.parent
    return anchor


def _first_byte(node: "Node") -> int:
    """Return where a definition begins: decorators of a member are its elder siblings in the grammar."""
    while node.prev_named_sibling is not None and node.prev_named_sibling.type == "decorator":
        node = node.prev_named_sibling
    return node.start_byte


def _nodes(root: "Node") -> Iterator["Node"]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        if node.has_error or node.is_missing:
            stack += node.children


def _dialect(path: str, language: Language) -> str:
    return "tsx" if path.lower().endswith(".tsx") else language


@lru_cache(maxsize=16)
def _parsed(data: bytes, dialect: str) -> "Tree":
    return _parser(dialect).parse(data)


@cache
def _parser(dialect: str) -> "Parser":
    from tree_sitter import Language as Loaded
    from tree_sitter import Parser

    return Parser(Loaded(_LOADERS[dialect]()))


def _javascript() -> object:
    import tree_sitter_javascript

    return tree_sitter_javascript.language()


def _typescript() -> object:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_typescript()


def _tsx() -> object:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_tsx()


def _java() -> object:
    import tree_sitter_java

    return tree_sitter_java.language()


_LOADERS: dict[str, Callable[[], object]] = {
    "javascript": _javascript,
    "typescript": _typescript,
    "tsx": _tsx,
    "java": _java,
}
