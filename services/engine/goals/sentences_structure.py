"""Sentences that rename, move, extract, inline and regroup named definitions."""

from services.engine.goals.model import GoalKind
from services.engine.goals.sentences import SentenceRow

ROWS: tuple[SentenceRow, ...] = (
    SentenceRow(
        GoalKind.RENAME_MODULE,
        (
            "(rename|change the name of) [the] (module|file|package|folder|directory) <path:path> $TO "
            "[module|package] <new_path:path> $TAIL",
            "rename <path:file> $TO <new_path:path> $TAIL",
            "(move|relocate) [the] [whole] (module|file|package|folder) <path:path> (to|into|under) "
            "[the] [package|folder|directory] <new_path:path> $TAIL",
            "(move|relocate) <path:file> (to|into|under) [the] [package|folder|directory] <new_path:path> $TAIL",
        ),
        (
            ("Rename module `pkg/a.py` to `pkg/b.py`", "RENAME_MODULE: path=pkg/a.py, new_path=pkg/b.py"),
            ("Rename the package `old` to `new`", "RENAME_MODULE: path=old, new_path=new"),
            (
                "Move module `pkg/a.py` to `pkg/core/a.py` and update all imports",
                "RENAME_MODULE: path=pkg/a.py, new_path=pkg/core/a.py",
            ),
            ("Move pkg/a.py into pkg/core/", "RENAME_MODULE: path=pkg/a.py, new_path=pkg/core/"),
        ),
    ),
    SentenceRow(
        GoalKind.RENAME,
        (
            "(rename|change the name of) ($PARAMETER <symbol:name>|[the] <symbol:name> $ARGUMENT) "
            "{what=parameter} (of|in|from|on) $OWNER [$IN] $TO <new_name:name> "
            "[$IN] $TAIL",
            "(rename|change the name of) $SYMBOL [$IN] $TO <new_name:name> [$IN] $TAIL",
        ),
        (
            (
                "Rename `X` in `a/b.py` to `Y` and update all usages",
                "RENAME: path=a/b.py, symbol=X, new_name=Y",
            ),
            ("Rename method `save` of class `Order` to `store`", "RENAME: symbol=Order.save, new_name=store"),
            ("Rename `Order.save` to `store`, including tests", "RENAME: symbol=Order.save, new_name=store, tests=yes"),
            (
                "Rename parameter `n` of `total` in `shop/prices.py` to `count`",
                "RENAME: path=shop/prices.py, symbol=total.n, new_name=count, what=parameter",
            ),
            (
                "In shop/prices.py, rename the variable `x` in function `total` to `amount`",
                "RENAME: path=shop/prices.py, symbol=total.x, new_name=amount",
            ),
            (
                "Rename the constant LIMIT in shop/prices.py to MAX_ITEMS and keep the old name as an alias",
                "RENAME: path=shop/prices.py, symbol=LIMIT, new_name=MAX_ITEMS, alias=yes",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.MOVE_SYMBOLS,
        (
            "(move|relocate|transfer|extract|split) $SYMBOLS [out] [$IN] (to|into) $A [file|module] $CALLED "
            "<new_path:file> $TAIL",
            "(move|relocate|transfer|extract|split) $SYMBOLS [out] [$IN] (to|into) $A (file|module) $CALLED "
            "<new_path:path> $TAIL",
            "(move|relocate|transfer) $SYMBOLS from [the] [file|module] <path:path> (to|into) <new_path:path> $TAIL",
        ),
        (
            (
                "Move `f` and `g` from `pkg/a.py` to a new module `pkg/b.py`",
                "MOVE_SYMBOLS: path=pkg/a.py, symbols=[f, g], new_path=pkg/b.py",
            ),
            (
                "Move class Basket from pkg/a.py to pkg/basket.py and update all imports",
                "MOVE_SYMBOLS: path=pkg/a.py, symbols=[Basket], new_path=pkg/basket.py",
            ),
            (
                "Move `f`, `g`, and `h` from `pkg.a` to `pkg.b`",
                "MOVE_SYMBOLS: path=pkg.a, symbols=[f, g, h], new_path=pkg.b",
            ),
            (
                "Extract the class `Basket` into its own module `pkg/basket.py`",
                "MOVE_SYMBOLS: symbols=[Basket], new_path=pkg/basket.py",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.FOLD_MODULE,
        (
            "(fold|merge|inline|combine|absorb) [the] [modules|module|files|file] <sources:paths> "
            "(into|with) [the] [module|file] <new_path:path> $TAIL",
        ),
        (
            ("Fold module `pkg/a.py` into `pkg/b.py`", "FOLD_MODULE: path=pkg/a.py, new_path=pkg/b.py"),
            ("Merge pkg/a.py into pkg/b.py", "FOLD_MODULE: path=pkg/a.py, new_path=pkg/b.py"),
            ("Inline module `pkg/a.py` into `pkg/b.py`", "FOLD_MODULE: path=pkg/a.py, new_path=pkg/b.py"),
            (
                "Merge `pkg/a.py` and `pkg/b.py` into `pkg/c.py`",
                "FOLD_MODULE: path=pkg/a.py, new_path=pkg/c.py; FOLD_MODULE: path=pkg/b.py, new_path=pkg/c.py",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.SPLIT_MODULE,
        ("(split|divide|break) [up] [the] [module|file] <path:path> [up] (into|to) <parts:parts> $TAIL",),
        (
            (
                "Split `pkg/a.py` into `pkg/b.py` (`f`, `g`) and `pkg/c.py` (`H`)",
                "SPLIT_MODULE: path=pkg/a.py, parts=[[pkg/b.py, [f, g]], [pkg/c.py, [H]]]",
            ),
            (
                "Split module pkg/a.py into pkg/b.py with f and g, and pkg/c.py with H",
                "SPLIT_MODULE: path=pkg/a.py, parts=[[pkg/b.py, [f, g]], [pkg/c.py, [H]]]",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.METHOD_TO_FUNCTION,
        (
            "(turn|convert|change|make|transform|move|extract) [the] [static] $OWNED [$IN] [into|to|as] "
            "$A [top-level|module-level|free|plain|standalone|module]* function [$CALLED <new_name:name>] [$IN] $TAIL",
        ),
        (
            (
                "Turn method `C.m` in `a.py` into a top-level function `m`",
                "METHOD_TO_FUNCTION: path=a.py, symbol=C.m, new_name=m",
            ),
            (
                "Convert the method `m` of class `C` in a.py to a function",
                "METHOD_TO_FUNCTION: path=a.py, symbol=C.m",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.FUNCTION_TO_METHOD,
        (
            "(turn|convert|change|make|transform|move) [the] [top-level|module-level] [function] <symbol:name> [$IN] "
            "[into|to|as] $A method [$CALLED <new_name:name>] (of|on|in) [the] [class] <class_name:name> "
            "[(on|using|through|with|via) [its|the] [parameter|argument] <parameters:names> [as self]] [$IN] $TAIL",
            "move [the] [function] <symbol:name> [$IN] (into|to) [the] class <class_name:name> "
            "[(on|using|through|with|via) [its|the] [parameter|argument] <parameters:names> [as self]] [$IN] $TAIL",
        ),
        (
            (
                "Turn function `total` in `a.py` into a method of class `Basket`",
                "FUNCTION_TO_METHOD: path=a.py, symbol=total, class_name=Basket",
            ),
            (
                "Move function `total` in a.py into class Basket using parameter `basket` as self",
                "FUNCTION_TO_METHOD: path=a.py, symbol=total, class_name=Basket, parameters=[basket]",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.WRAP_IN_CLASS,
        (
            "(wrap|group|put|gather|collect|combine|encapsulate) [the] [free|top-level|module-level] "
            "[functions|function] <symbols:names> [$IN] (in|into|as|inside) $A class $CALLED <class_name:name> "
            "[$IN] $TAIL",
        ),
        (
            (
                "Wrap functions `f` and `g` in `a.py` in a class `Tools`",
                "WRAP_IN_CLASS: path=a.py, symbols=[f, g], class_name=Tools",
            ),
            (
                "Group f, g and h from a.py into a new class Tools",
                "WRAP_IN_CLASS: path=a.py, symbols=[f, g, h], class_name=Tools",
            ),
        ),
    ),
)
