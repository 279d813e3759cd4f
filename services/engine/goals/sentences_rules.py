"""Sentences that apply a set of rules to a file, a folder or the scope."""

from services.engine.goals.model import GoalKind
from services.engine.goals.sentences import SentenceRow

_REMOVE = "(remove|delete|drop|eliminate|clear|strip) [all|the|any]*"

ROWS: tuple[SentenceRow, ...] = (
    SentenceRow(
        GoalKind.PYTHON3,
        (
            "(convert|port|migrate|upgrade|move|translate|bring|update) $WHERE [from] python 2 [code] to python 3",
            "(convert|port|migrate|upgrade|move|translate|bring|update|modernise|modernize) $WHERE "
            "[from <source:version>|from python <source:version>] to [python] <target:version>",
            "run 2to3 $WHERE",
        ),
        (
            ("Convert from Python 2 to Python 3", "PYTHON3"),
            ("Port `src/legacy` to Python 3", "PYTHON3: path=src/legacy"),
            ("Migrate the code from Python 2.7 to 3.11", "PYTHON3: target=3.11"),
        ),
    ),
    SentenceRow(
        GoalKind.MODERNISE,
        (
            "(modernise|modernize|upgrade|migrate|update|port) $WHERE (to|for) [python] <target:version>",
            "use [python] <target:version> syntax $WHERE",
        ),
        (
            ("Modernise to Python 3.11", "MODERNISE: target=3.11"),
            ("Upgrade the syntax in `src/app` to 3.12", "MODERNISE: target=3.12, path=src/app"),
        ),
    ),
    SentenceRow(
        GoalKind.REMOVE_UNUSED_IMPORTS,
        (f"{_REMOVE} unused imports $WHERE", "clean up [the] unused imports $WHERE"),
        (("Remove unused imports in pkg/a.py", "REMOVE_UNUSED_IMPORTS: path=pkg/a.py"),),
    ),
    SentenceRow(
        GoalKind.REMOVE_DEAD_CODE,
        (
            f"{_REMOVE} (dead|unused|unreachable) (code|functions|definitions|private functions|methods|classes|"
            "variables|statements)* $WHERE",
        ),
        (
            ("Remove dead code", "REMOVE_DEAD_CODE"),
            ("Delete unused functions in `pkg`", "REMOVE_DEAD_CODE: path=pkg"),
        ),
    ),
    SentenceRow(
        GoalKind.REPLACE_MUTABLE_DEFAULTS,
        (
            "(replace|remove|eliminate|get rid of|fix) [all|the|any]* mutable (default|defaults) "
            "[arguments|argument|values|parameters|argument values|parameter values] $WHERE [(with|by) <by:value>]",
        ),
        (("Replace mutable default arguments in `pkg/a.py`", "REPLACE_MUTABLE_DEFAULTS: path=pkg/a.py"),),
    ),
    SentenceRow(
        GoalKind.EXPAND_STAR_IMPORTS,
        (
            "(expand|replace|resolve|remove|eliminate|get rid of) [all|the|any]* (star|wildcard) "
            "(imports|import) $WHERE",
        ),
        (("Expand star imports", "EXPAND_STAR_IMPORTS"),),
    ),
    SentenceRow(
        GoalKind.EXTRACT_DUPLICATES,
        (
            "(extract|remove|merge|deduplicate|unify|factor out|pull out) [all|the|any]* "
            "(duplicate|duplicated|repeated) (code blocks|code|blocks|functions) $WHERE "
            "[(into|as|to) $A (helper function|function|helper) [$CALLED <new_name:name>]]",
        ),
        (
            ("Extract duplicated blocks in `pkg`", "EXTRACT_DUPLICATES: path=pkg"),
            (
                "Extract duplicated code in pkg/a.py into a function `shared`",
                "EXTRACT_DUPLICATES: path=pkg/a.py, new_name=shared",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.SPLIT_LONG_FUNCTIONS,
        ("(split|shorten|break|divide) [up] [all|the|any]* (long|overlong|large) (functions|methods) $WHERE",),
        (("Split long functions in `pkg/a.py`", "SPLIT_LONG_FUNCTIONS: path=pkg/a.py"),),
    ),
    SentenceRow(
        GoalKind.SPLIT_LARGE_CLASSES,
        ("(split|shorten|break|divide) [up] [all|the|any]* (large|big|god|overlarge) (classes|class) $WHERE",),
        (("Split large classes in `pkg`", "SPLIT_LARGE_CLASSES: path=pkg"),),
    ),
    SentenceRow(
        GoalKind.FIND_CIRCULAR_IMPORTS,
        ("(find|list|show|report|disclose) [all|the|any]* (circular|cyclic) imports $WHERE",),
        (("Find circular imports", "FIND_CIRCULAR_IMPORTS"),),
    ),
    SentenceRow(
        GoalKind.ANNOTATE,
        (
            "(add|infer|write|insert) [the|all|any|missing]* (type annotations|type hints|types|annotations|typing"
            "|type annotation) $WHERE",
            "(annotate|type-annotate) $WHERE [with types]",
        ),
        (("Add type annotations to `pkg/a.py`", "ANNOTATE: path=pkg/a.py"),),
    ),
    SentenceRow(
        GoalKind.CLEAN_UP,
        ("(clean up|cleanup|clean-up|tidy up|tidy) $WHERE",),
        (("Clean up", "CLEAN_UP"), ("Clean up `src/package`", "CLEAN_UP: path=src/package")),
    ),
)
