# ruff: noqa: PTH100, PTH103, PTH110, PTH112, PTH118, PTH120, PTH123, PTH109, UP031
# mypy: ignore-errors
"""What the generated tests share: finding a function under its present name, describing what a call does.

`names.json` tells names, places and parameters that a change gave away; `snapshot.json` holds what was recorded on
the untouched code.
"""

import ast
import asyncio
import contextlib
import importlib
import inspect
import io
import itertools
import json
import os
import re
import sys
import unittest

_HERE = os.path.dirname(os.path.abspath(__file__))
_RECORD = os.environ.get("IAMA_RECORD")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
_SIMPLE = (bool, int, float, complex, str, bytes, type(None))
_MAX_ITEMS = 50
_MAX_TEXT = 4000
_DEPTH = 4
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_EFFECTS = {
    "os.remove": "removes files", "os.rename": "renames files",
    "os.rmdir": "removes folders", "os.mkdir": "makes folders",
    "os.system": "starts programs", "subprocess.Popen": "starts programs", "os.posix_spawn": "starts programs",
    "os.fork": "starts programs", "os.exec": "starts programs", "socket.connect": "uses the network",
    "socket.bind": "uses the network", "socket.getaddrinfo": "uses the network", "shutil.rmtree": "removes folders",
}  # fmt: skip


def _read(name):
    try:
        with open(os.path.join(_HERE, name), encoding="utf-8") as stream:
            return json.load(stream)
    except FileNotFoundError:
        return {}


_NAMES = _read("names.json")
_SNAPSHOT = _read("snapshot.json").get("outcomes", {})
_watching = [None]


def _audit(event, arguments):
    effects = _watching[0]
    if effects is None:
        return
    if event == "open":
        path, mode, flags = (*arguments, None, None)[:3]
        writes = set(mode or "") & set("wax+") if isinstance(mode, str) else isinstance(flags, int) and flags & _WRITING
        if writes and isinstance(path, str) and not path.endswith((".pyc", "/dev/null")) and "__pycache__" not in path:
            effects.add("writes files")
    elif event in _EFFECTS:
        effects.add(_EFFECTS[event])


if _RECORD:
    sys.addaudithook(_audit)


class BehaviourTest(unittest.TestCase):
    """One function; each test makes one call."""

    recorded = None

    def setUp(self):
        self.recorded = None
        self.effects = set()

    def tearDown(self):
        if _RECORD:
            with open(_RECORD, "a", encoding="utf-8") as stream:
                line = {"id": self.key(), "outcome": self.recorded, "effects": sorted(self.effects)}
                stream.write(json.dumps(line, sort_keys=True) + "\n")

    def key(self):
        """The test's name in the snapshot."""
        return "%s::%s" % (
            type(self).__module__.rpartition(".")[2],
            self.id().split(".", type(self).__module__.count(".") + 1)[-1],
        )

    def function(self, public, defined_at):
        """Find a function where callers import it, or under the name that a change gave it."""
        for candidate in _candidates(public, defined_at):
            found = _find(candidate)
            if callable(found):
                return _as_before(found, _NAMES.get("calls", {}).get(defined_at))
        raise LookupError("%s cannot be imported" % public)

    def gives(self, call, expected):
        """The call must return an equal value."""
        with self.watched():
            actual = call()
        same(expected, actual)

    def holds(self, call):
        """The call must return something true."""
        with self.watched():
            actual = call()
        if not actual:
            raise AssertionError("%s is not true" % _clip(repr(actual)))

    def stops_with(self, call, error):
        """The call must raise an error of that name, or of a class derived from it."""
        try:
            with self.watched():
                call()
        except Exception as raised:
            names = [_renamed(kind.__name__) for kind in type(raised).__mro__]
            if _renamed(error) not in names:
                raise AssertionError("expected %s, got %s" % (error, type(raised).__name__)) from raised
        else:
            raise AssertionError("%s was not raised" % error)

    def same_as_recorded(self, call):
        """The call must return, raise and print what it did on the untouched code."""
        with self.watched():
            outcome = observe(call)
        if _RECORD:
            self.recorded = outcome
            return
        expected = _SNAPSHOT[self.key()]
        if outcome != expected:
            outcome, expected = _renamed_deep(outcome), _renamed_deep(expected)
        same(expected, outcome)

    @contextlib.contextmanager
    def watched(self):
        """Note effects on the outside while recording."""
        _watching[0] = self.effects if _RECORD else None
        try:
            yield
        finally:
            _watching[0] = None


def same(expected, actual):
    """Compare without unittest's own methods, which the code under test could replace."""
    if not expected == actual:  # the expectation's own comparison decides, not that of the value
        raise AssertionError("expected %s\ngot      %s" % (_clip(repr(expected)), _clip(repr(actual))))


def observe(call):
    """Return what a call does as plain data: value or error, and what it prints."""
    printed = io.StringIO()
    outcome = {}
    with contextlib.redirect_stdout(printed):
        try:
            value = call()
            if inspect.iscoroutine(value):
                value = asyncio.run(value)
            outcome["returned"] = describe(value)
        except (Exception, SystemExit) as error:
            outcome["raised"] = [_kind(type(error)), _clip(_ADDRESS.sub("0x", str(error)))]
    if printed.getvalue():
        outcome["printed"] = _clip(_ADDRESS.sub("0x", printed.getvalue()))
    return outcome


def describe(value, depth=_DEPTH):
    """Describe a value by type and content, without addresses; iterators are read up to a bound."""
    if isinstance(value, _SIMPLE):
        return [_kind(type(value)), _clip(repr(value))]
    if depth == 0:
        return [_kind(type(value))]
    if isinstance(value, (set, frozenset)):
        return [_kind(type(value)), sorted((describe(item, depth - 1) for item in value), key=repr)[:_MAX_ITEMS]]
    if isinstance(value, dict):
        pairs = itertools.islice(value.items(), _MAX_ITEMS)
        return [_kind(type(value)), [[describe(key, depth - 1), describe(item, depth - 1)] for key, item in pairs]]
    if isinstance(value, (list, tuple)) or inspect.isgenerator(value) or _is_iterator(value):
        return [_kind(type(value)), [describe(item, depth - 1) for item in itertools.islice(iter(value), _MAX_ITEMS)]]
    if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value):
        return ["named", getattr(value, "__name__", "")]
    return _described_object(value, depth)


def _described_object(value, depth):
    own = type(value).__repr__ is object.__repr__ or _ADDRESS.search(repr(value))
    if not own:
        return [_kind(type(value)), _clip(repr(value))]
    attributes = getattr(value, "__dict__", {})
    public = [
        [name, describe(item, depth - 1)] for name, item in sorted(attributes.items()) if not name.startswith("_")
    ]
    return [_kind(type(value)), public[:_MAX_ITEMS]]


def _is_iterator(value):
    return hasattr(value, "__next__") and hasattr(value, "__iter__") and not isinstance(value, io.IOBase)


def _kind(kind):
    return kind.__name__


def _clip(text):
    return text if len(text) <= _MAX_TEXT else "%s… (%d characters)" % (text[:_MAX_TEXT], len(text))


def _candidates(public, defined_at):
    moved = _NAMES.get("moved", {})
    old = max(
        (name for name in moved if defined_at == name or defined_at.startswith(name + ".")), key=len, default=None
    )
    if old is not None:
        present = moved[old] + defined_at[len(old) :]
        if defined_at.split(":")[0] == present.split(":")[0]:
            yield "%s:%s" % (public.split(":")[0], present.split(":")[1])
        yield present
    yield public
    yield defined_at


def _as_before(found, change):
    """Let calls written for the parameters before reach a function whose parameters changed."""
    if change is None:
        return found
    before, after = [name for name, _, _ in change["before"]], [item["name"] for item in change["after"]]
    if before != after and _parameters(found) == change["before"]:
        return found

    def called(*values, **named):
        given = _given(change["before"], values, named)
        return _call(found, change["after"], given)

    return called


def _parameters(found):
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[item.name, item.kind.name, item.default is not item.empty] for item in parameters]


def _given(before, values, named):
    """Tell which parameter each argument was given to; extra ones stand under the name of `*` and `**`."""
    values, named, given = list(values), dict(named), {}
    for name, kind, _ in before:
        if kind == "VAR_POSITIONAL":
            given[name], values = tuple(values), []
        elif kind == "VAR_KEYWORD":
            given[name], named = named, {}
        elif values and kind.startswith("POSITIONAL"):
            given[name] = values.pop(0)
        elif name in named:
            given[name] = named.pop(name)
    if values or named:
        raise TypeError("the call does not fit the parameters before the change")
    return given


def _call(found, after, given):
    values, named, by_name = [], {}, False
    for item in after:
        if item["kind"].startswith("VAR_"):
            more = given.get(item["old"], ())
            if item["kind"] == "VAR_POSITIONAL" and more and by_name:
                raise LookupError("%s cannot be filled" % item["name"])
            values, named = (
                (values, {**named, **more}) if item["kind"] == "VAR_KEYWORD" and more else ([*values, *more], named)
            )
            continue
        present, value = _value(item, given)
        if present and (by_name or item["kind"] == "KEYWORD_ONLY"):
            named[item["name"]] = value
        elif present:
            values.append(value)
        else:
            by_name = True
    return found(*values, **named)


def _value(item, given):
    if item["made_by"] is not None:
        fields = {field["name"]: _value(field, given) for field in item["fields"]}
        maker = _find(item["made_by"])
        return True, maker(**{name: value for name, (present, value) in fields.items() if present})
    if item["old"] in given:
        return True, given[item["old"]]
    if item["value"] is not None:
        return True, ast.literal_eval(item["value"])
    return False, None


def _find(candidate):
    module, _, qualified = candidate.partition(":")
    try:
        found = importlib.import_module(module)
        for name in qualified.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return None
    return found


def _renamed(text):
    for old, new in sorted(_NAMES.get("words", {}).items(), key=lambda item: -len(item[0])):
        text = re.sub(r"\b%s\b" % re.escape(old), lambda match, new=new: new, text)
    return text


def _renamed_deep(value):
    if isinstance(value, str):
        return _renamed(value)
    if isinstance(value, list):
        return [_renamed_deep(item) for item in value]
    if isinstance(value, dict):
        return {key: _renamed_deep(item) for key, item in value.items()}
    return value
