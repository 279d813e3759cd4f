"""One way to ask any language's front end: definitions of a file, and whether it parses."""

from services.engine.document_types import Language
from services.engine.languages.changed_part import changed_part_parses
from services.engine.languages.definitions import Definition, SyntaxProblem, language_of
from services.engine.languages.grammars import tree_definitions, tree_problem
from services.engine.languages.python import python_definitions
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import SourceText
from services.engine.syntax import parse, parse_source

TEXT_ONLY = "Files of this language take exact search-replace only, no node or symbolic operations."


def definitions_in(source: SourceText, language: Language) -> list[Definition]:
    """Return what a file defines, in order of the source.

    Raises:
        RefusedError: `PARSE_UNSUPPORTED` when the file is of another language, or Python that does not parse.
    """
    actual = language_of(source.path)
    if actual not in (language, None) or (actual is None and _has_suffix(source.path)):
        detail = f"The file is {actual}, not {language}." if actual else TEXT_ONLY
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, source.path, detail)
    if language != "python":
        return tree_definitions(source, language)
    parsed = parse_source(source)
    if parsed.module is None:
        location = f"{source.path}:{parsed.line}" if parsed.line else source.path
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, location, parsed.reason or "")
    return python_definitions(source, parsed.module)


def syntax_problem(path: str, content: bytes) -> SyntaxProblem | None:
    """Return why a file does not parse; None when it does, or when nothing here reads its language."""
    language = language_of(path)
    if language is None:
        return None
    if language == "python":
        parsed = parse(path, content)
        return None if parsed.module else SyntaxProblem(parsed.reason or "", parsed.line)
    try:
        return tree_problem(SourceText.read(path, content), language)
    except RefusedError as error:
        return SyntaxProblem(error.detail, None)


def new_problem(path: str, before: bytes | None, after: bytes) -> SyntaxProblem | None:
    """Return what an edit broke: None when the file parses, or was no better before (None: it is new)."""
    if before is not None and language_of(path) == "python" and changed_part_parses(before, after):
        return None
    problem = syntax_problem(path, after)
    if problem is None or before is None:
        return problem
    earlier = syntax_problem(path, before)
    return None if earlier is not None and earlier.count >= problem.count else problem


def _has_suffix(path: str) -> bool:
    return "." in path.rpartition("/")[2].lstrip(".")
