"""Sentences that change what a function takes."""

from services.engine.goals.model import GoalKind
from services.engine.goals.sentences import SentenceRow

_ADDED = "($DEFAULT|$ANNOTATION|$PLACE|$CALLS|$IN|$TESTS_TOO|$FOLLOW|and)*"

ROWS: tuple[SentenceRow, ...] = (
    SentenceRow(
        GoalKind.CHANGE_SIGNATURE,
        (
            "(add|introduce) [a|an|the] [new|optional|required]* (keyword-only {keyword_only=yes}"
            "|keyword only {keyword_only=yes}|) ($ARGUMENT $CALLED "
            "(<added:name> [: <annotation:value>] [= <default:value>]|<specified:code>)"
            "|(<added:name>|<specified:code>) $ARGUMENT) "
            f"{_ADDED} (to|for) $FUNCTION {_ADDED}",
            "(remove|delete|drop) ($PARAMETER <removed:name>|[the] <removed:name> $ARGUMENT) "
            "(from|of|in) $FUNCTION [$IN] $REST",
            "(reorder|rearrange|change the order of|sort) [the] (parameters|arguments) (of|in) $FUNCTION [$IN] [to|as"
            "|into] <order:names> [$IN] $REST",
            "(move|put) ($PARAMETER <moved:name>|[the] <moved:name> $ARGUMENT) of $FUNCTION [$IN] $PLACE [$IN] $REST",
            "(change|set) the default [value] (of|for) "
            "($PARAMETER <defaulted:name>|[the] <defaulted:name> [$ARGUMENT]) "
            "(of|in) $FUNCTION [$IN] to "
            "<default:value> [$IN] $REST",
            "(give|make) ($PARAMETER <defaulted:name>|[the] <defaulted:name> $ARGUMENT) "
            "of $FUNCTION [$IN] (the|a) default [value] [of] <default:value> "
            "[$IN] $REST",
        ),
        (
            (
                "Add a parameter `log` with default False to `f` in `a.py`, pass it at all call sites except tests",
                "CHANGE_SIGNATURE: path=a.py, symbol=f, "
                "changes=[(action=ADD, name=log, default=False, call_value=False)], tests=no",
            ),
            (
                "Add a keyword-only parameter `retries: int = 3` to `Client.get` in net/client.py",
                "CHANGE_SIGNATURE: path=net/client.py, symbol=Client.get, "
                "changes=[(action=ADD, name=retries, default=3, annotation=int, keyword_only=yes)]",
            ),
            (
                "Add a required parameter `user` of type `User` to `save` in a.py before `force` and pass `None` at "
                "all call sites",
                "CHANGE_SIGNATURE: path=a.py, symbol=save, "
                "changes=[(action=ADD, name=user, annotation=User, call_value=None, place=before force)]",
            ),
            (
                "Remove parameter `verbose` from `f` in `a.py`",
                "CHANGE_SIGNATURE: path=a.py, symbol=f, changes=[(action=REMOVE, name=verbose)]",
            ),
            (
                "Reorder the parameters of `f` in `a.py` to `b`, `a`",
                "CHANGE_SIGNATURE: path=a.py, symbol=f, changes=[(action=REORDER, order=[b, a])]",
            ),
            (
                "Change the default of parameter `timeout` of method `get` of class `Client` in net/client.py to 30",
                "CHANGE_SIGNATURE: path=net/client.py, symbol=Client.get, "
                "changes=[(action=DEFAULT, name=timeout, default=30)]",
            ),
        ),
    ),
    SentenceRow(
        GoalKind.PARAMETER_OBJECT,
        (
            "introduce [a|an|the] [new] (parameter object|dataclass|parameter class) $CALLED <class_name:name> for "
            "[the] [parameters|arguments] <parameters:names> (of|in|from) $FUNCTION [$IN] "
            "[(as|in) [the] [$ARGUMENT] <new_name:name>] [$IN] $REST",
            "(group|bundle|combine|replace|collect|gather|turn|wrap) [the] (parameters|arguments) <parameters:names> "
            "(of|in|from) $FUNCTION [$IN] (into|by|with|in|as) $A (dataclass|parameter object|parameter class|class"
            "|object) $CALLED <class_name:name> [(as|in) [the] [$ARGUMENT] <new_name:name>] [$IN] "
            "$REST",
        ),
        (
            (
                "Group the parameters `x`, `y` of `draw` in `a.py` into a dataclass `Point`",
                "PARAMETER_OBJECT: path=a.py, symbol=draw, class_name=Point, parameters=[x, y]",
            ),
            (
                "Introduce a parameter object `Point` for `x` and `y` of `draw` in `a.py` as parameter `at`",
                "PARAMETER_OBJECT: path=a.py, symbol=draw, new_name=at, class_name=Point, parameters=[x, y]",
            ),
        ),
    ),
)
