"""Sentences about pieces of code inside a file: extract, inline, imports."""

from services.engine.goals.model import GoalKind
from services.engine.goals.sentences import SentenceRow

ROWS: tuple[SentenceRow, ...] = (
    SentenceRow(
        GoalKind.EXTRACT_FUNCTION,
        (
            "(extract|pull|factor|refactor|turn|move|split) [out] [the] [code [in|at|from|on]] "
            "((lines|line) <lines:lines>|<place:place>) [out] [$IN] [out] (into|as|to) $A "
            "(helper method {what=method}|method {what=method}|(top-level|module-level) function {what=function}"
            "|helper function|function|helper) $CALLED <new_name:name> [$IN] $TAIL",
            "(extract|pull|factor) [out] $LITERAL <expression:code> [(on|at|in|from) line <lines:lines>] [$IN] "
            "(into|as|to) $A (helper method {what=method}|method {what=method}"
            "|(top-level|module-level) function {what=function}|helper function|function|helper) "
            "$CALLED <new_name:name> [$IN] $TAIL",
            "extract [a|an|the] [new] (method {what=method}|(top-level|module-level) function {what=function}"
            "|helper function|function|helper) $CALLED <new_name:name> from [the] [code in|code at] "
            "((lines|line) <lines:lines> [$IN]|<place:place>) $TAIL",
        ),
        (
            (
                "Extract lines 10-20 of `pkg/a.py` into a function `total`",
                "EXTRACT_FUNCTION: path=pkg/a.py, new_name=total, lines=[10, 20]",
            ),
            (
                "Extract `pkg/a.py:10-20` into a method `total`",
                "EXTRACT_FUNCTION: path=pkg/a.py, new_name=total, lines=[10, 20], what=method",
            ),
            (
                "In pkg/a.py, pull out lines 10 to 20 into a helper function named total",
                "EXTRACT_FUNCTION: path=pkg/a.py, new_name=total, lines=[10, 20]",
            ),
            (
                "Extract a top-level function `total` from lines 10 through 20 of pkg/a.py",
                "EXTRACT_FUNCTION: path=pkg/a.py, new_name=total, lines=[10, 20], what=function",
            ),
            (
                "Extract the expression `price * rate` on line 12 of pkg/a.py into a function `tax`",
                "EXTRACT_FUNCTION: path=pkg/a.py, new_name=tax, lines=[12, 12], expression=price * rate",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.EXTRACT_VARIABLE,
        (
            "(extract|introduce|pull|put|assign|move) [out] $LITERAL <expression:code> "
            "[(on|at|in|from) line <lines:lines>] [$IN] (into|as|to|in) $A [local] variable $CALLED <new_name:name> "
            "[$IN] $EVERYWHERE",
            "(extract|introduce) [a|an|the] [new|local|explaining]* variable $CALLED <new_name:name> (for|from) "
            "$LITERAL <expression:code> [(on|at|in|from) line <lines:lines>] [$IN] $EVERYWHERE",
        ),
        (
            (
                "Extract `price * rate` on line 12 of `pkg/a.py` into a variable `tax`",
                "EXTRACT_VARIABLE: path=pkg/a.py, new_name=tax, lines=[12, 12], expression=price * rate",
            ),
            (
                "Introduce a variable `tax` for the expression `price * rate` in `pkg/a.py` everywhere",
                "EXTRACT_VARIABLE: path=pkg/a.py, new_name=tax, expression=price * rate, everywhere=yes",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.EXTRACT_CONSTANT,
        (
            "(extract|introduce|pull|replace|move|turn) [out] $LITERAL <expression:code> "
            "[(on|at|in|from) line <lines:lines>] [$IN] (into|as|to|by|with) $A [module-level|module|named|global]* "
            "constant $CALLED <new_name:name> [$IN] $EVERYWHERE",
            "(extract|introduce|add) [a|an|the] [new|module-level|module|named|global]* constant $CALLED "
            "<new_name:name> (for|from) $LITERAL <expression:code> [(on|at|in|from) line <lines:lines>] [$IN] "
            "$EVERYWHERE",
        ),
        (
            (
                "Extract `86400` in `pkg/a.py` into a constant `DAY_SECONDS`",
                "EXTRACT_CONSTANT: path=pkg/a.py, new_name=DAY_SECONDS, expression=86400",
            ),
            (
                "Replace the magic number 86400 on line 7 of pkg/a.py with a constant DAY_SECONDS",
                "EXTRACT_CONSTANT: path=pkg/a.py, new_name=DAY_SECONDS, lines=[7, 7], expression=86400",
            ),
            (
                "Introduce a constant `ENCODING` for the string 'utf-8' in `pkg/a.py`",
                "EXTRACT_CONSTANT: path=pkg/a.py, new_name=ENCODING, expression='utf-8'",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.INLINE,
        (
            "inline [all [the] uses of] [the] [local|temporary|module-level|module]* (variable|constant|temp) "
            "{what=variable} <symbol:name> [(of|in) [the] (class|function|method) <owner:name>] [$IN] $KEEP $TAIL",
            "inline [all [the] calls (of|to)] [the] (function|method|helper) {what=function} <symbol:name> "
            "[(of|in|on) [the] class <owner:name>] [$IN] $KEEP $TAIL",
            "inline <symbol:name> [$IN] [(into|in|at) [all|its] (callers|call sites|uses)] $KEEP $TAIL",
        ),
        (
            ("Inline function `f` in `pkg/a.py`", "INLINE: path=pkg/a.py, symbol=f, what=function"),
            (
                "Inline the variable `x` in function `f` in pkg/a.py",
                "INLINE: path=pkg/a.py, symbol=f.x, what=variable",
            ),
            (
                "Inline `Basket.size` in `pkg/a.py` but keep the definition",
                "INLINE: path=pkg/a.py, symbol=Basket.size, alias=yes",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.ADD_IMPORT,
        (
            "add [the|an] [import|import statement|statement] [of|for] <statement:code> (to|in|into) [the] "
            "[file|module] <path:path> [as <alias_name:name>]",
            "add [the|an] import [of] <module:name> (to|in|into) [the] [file|module] <path:path>",
            "add [the] [import] from <module:name> import <symbol:name> [as <alias_name:name>] (to|in|into) "
            "[the] [file|module] <path:path>",
            "import <symbol:name> from <module:name> (in|into) [the] [file|module] <path:path> [as <alias_name:name>]",
            "import <module:name> [as <alias_name:name>] (in|into) [the] [file|module] <path:path> "
            "[as <alias_name:name>]",
        ),
        (
            ("Add `import os.path` to `a.py`", "ADD_IMPORT: path=a.py, module=os.path"),
            (
                "Add the import `from json import dumps as to_json` to `a.py`",
                "ADD_IMPORT: path=a.py, symbol=dumps, module=json, alias_name=to_json",
            ),
            ("Import `dumps` from `json` in a.py", "ADD_IMPORT: path=a.py, symbol=dumps, module=json"),
        ),
    ),
    SentenceRow(
        GoalKind.REMOVE_IMPORT,
        (
            "(remove|delete|drop) [the|an] [import|import statement] [of] <statement:code> from [the] [file|module] "
            "<path:path>",
            "(remove|delete|drop) [the] import [of] <module:name> from [the] [file|module] <path:path>",
            "(remove|delete|drop) [the] import of <symbol:name> from <module:name> (in|from) [the] [file|module] "
            "<path:path>",
        ),
        (
            ("Remove `import os` from `a.py`", "REMOVE_IMPORT: path=a.py, module=os"),
            (
                "Remove the import of `dumps` from `json` in `a.py`",
                "REMOVE_IMPORT: path=a.py, symbol=dumps, module=json",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.ORGANISE_IMPORTS,
        ("(organise|organize|sort|order|tidy|group|clean) [up] [all] [the] imports $WHERE",),
        (
            ("Organise imports in `pkg/a.py`", "ORGANISE_IMPORTS: path=pkg/a.py"),
            ("Sort the imports", "ORGANISE_IMPORTS"),
        ),
    ),
)
