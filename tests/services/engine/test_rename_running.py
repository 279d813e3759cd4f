"""Renames tried by running the program before and after."""

import pytest

from services.engine.document import RenameOptions
from services.engine.refusals import RefusedError
from services.engine.rename import rename_edits
from tests.services.engine.running import ran

OPTIONS = RenameOptions(tests=True, docs=True, receivers=True)

CASES = {
    "kwarg": (
        "main.py",
        "f.x",
        {
            "main.py": """\
def f(x, y=1):
    return x + y
print(f(x=1), f(2))
""",
        },
    ),
    "kwarg_method": (
        "main.py",
        "A.m.x",
        {
            "main.py": """\
class A:
    def m(self, x):
        return x
class B(A):
    def m(self, x):
        return super().m(x=x) + 1
a: A = B()
print(A().m(x=1), B().m(x=2), a.m(x=3))
""",
        },
    ),
    "init_kwarg": (
        "main.py",
        "A.__init__.x",
        {
            "main.py": """\
class A:
    def __init__(self, x):
        self.x = x
class B(A):
    def __init__(self, x):
        super().__init__(x=x)
print(A(x=1).x, B(x=2).x)
""",
        },
    ),
    "self_attr": (
        "main.py",
        "A.x",
        {
            "main.py": """\
class A:
    def __init__(self):
        self.x = 1
    def g(self):
        return self.x
class B(A):
    def h(self):
        self.x += 1
        return self.x
print(A().g(), B().h(), A().x)
""",
        },
    ),
    "dataclass": (
        "main.py",
        "P.x",
        {
            "main.py": """\
from dataclasses import dataclass
@dataclass
class P:
    x: int
    y: int = 0
class Q(P):
    pass
p = P(x=1)
print(p.x, P(2).x, Q(x=3).x)
match p:
    case P(x=1):
        print('m')
""",
        },
    ),
    "property": (
        "main.py",
        "A.v",
        {
            "main.py": """\
class A:
    @property
    def v(self):
        return self._v
    @v.setter
    def v(self, value):
        self._v = value
    @v.deleter
    def v(self):
        del self._v
a = A()
a.v = 3
print(a.v)
del a.v
print(hasattr(a, 'v'))
""",
        },
    ),
    "nonlocal": (
        "main.py",
        "f.n",
        {
            "main.py": """\
def f():
    n = 0
    def g():
        nonlocal n
        n += 1
        return n
    g()
    return n
print(f())
""",
        },
    ),
    "global": (
        "main.py",
        "n",
        {
            "main.py": """\
n = 0
def g():
    global n
    n += 1
    del n
    n = 5
g()
print(n)
""",
        },
    ),
    "comp": (
        "main.py",
        "f.x",
        {
            "main.py": """\
def f(x):
    return [x for x in [x, 2]], {y: x for y in [x]}, [z := x for _ in [1]]
print(f(1))
""",
        },
    ),
    "walrus": (
        "main.py",
        "f.z",
        {
            "main.py": """\
def f(x):
    if (z := x) > 0:
        return [z := z + 1 for _ in range(2)], z
print(f(1))
""",
        },
    ),
    "match": (
        "main.py",
        "f.a",
        {
            "main.py": """\
def f(v):
    match v:
        case [a, *b]:
            return a, b
        case {'k': a, **c}:
            return a, c
        case int() as a:
            return a
print(f([1, 2]), f({'k': 1, 'j': 2}), f(3))
""",
        },
    ),
    "except": (
        "main.py",
        "f.e",
        {
            "main.py": """\
def f():
    try:
        1/0
    except ZeroDivisionError as e:
        return str(e)
print(f())
""",
        },
    ),
    "twins": (
        "main.py",
        "load",
        {
            "main.py": """\
try:
    from nothing import load
except ImportError:
    def load():
        return 1
print(load())
""",
        },
    ),
    "overload": (
        "main.py",
        "f",
        {
            "main.py": """\
from typing import overload
@overload
def f(x: int) -> int: ...
@overload
def f(x: str) -> str: ...
def f(x):
    return x
print(f(1))
""",
        },
    ),
    "getattr": (
        "main.py",
        "A.m",
        {
            "main.py": """\
class A:
    def m(self):
        return 1
print(getattr(A(), 'm')(), hasattr(A, 'm'))
""",
        },
    ),
    "super_chain": (
        "main.py",
        "A.m",
        {
            "main.py": """\
class A:
    def m(self): return ['A']
class B(A):
    def m(self): return super().m() + ['B']
class C(A):
    def m(self): return super().m() + ['C']
class D(B, C):
    def m(self): return super(D, self).m() + ['D']
print(D().m(), B.m(D()))
""",
        },
    ),
    "slots": (
        "main.py",
        "A.x",
        {
            "main.py": """\
class A:
    __slots__ = ('x', 'y')
    def __init__(self):
        self.x = 1
print(A().x)
""",
        },
    ),
    "enum": (
        "main.py",
        "E.RED",
        {
            "main.py": """\
import enum
class E(enum.Enum):
    RED = 1
    BLUE = 2
print(E.RED.value, E['BLUE'].value, [e.value for e in E])
""",
        },
    ),
    "class_attr": (
        "main.py",
        "A.K",
        {
            "main.py": """\
class A:
    K = 1
    L = K + 1
    def f(self, d=K):
        return self.K + A.K + type(self).K + d
class B(A):
    K = 2
print(B().f(), A.L)
""",
        },
    ),
    "lambda": (
        "main.py",
        "f",
        {
            "main.py": """\
f = lambda x: f(x - 1) if x else 0
print(f(2))
""",
        },
    ),
    "nested_fn": (
        "main.py",
        "f.g",
        {
            "main.py": """\
def f():
    def g(n):
        return n and g(n - 1)
    return g(2)
print(f())
""",
        },
    ),
    "for/with": (
        "main.py",
        "f.i",
        {
            "main.py": """\
import contextlib
def f():
    for i in range(2):
        pass
    else:
        i += 1
    with contextlib.nullcontext(5) as i:
        return i
print(f())
""",
        },
    ),
    "decorator_arg": (
        "main.py",
        "deco.n",
        {
            "main.py": """\
def deco(n):
    def inner(fn):
        return lambda: fn() + n
    return inner
@deco(n=1)
def f(): return 1
print(f())
""",
        },
    ),
    "classmethod_kw": (
        "main.py",
        "A.make.x",
        {
            "main.py": """\
class A:
    @classmethod
    def make(cls, x=1):
        return x
    @staticmethod
    def st(x): return x
print(A.make(x=2), A().make(x=3), A.st(x=1))
""",
        },
    ),
    "docstring_param": (
        "main.py",
        "f.alpha_one",
        {
            "main.py": """\
def f(alpha_one):
    \"\"\"D.

    Args:
        alpha_one: thing
    :param alpha_one: x
    \"\"\"
    return alpha_one
print(f(alpha_one=1))
""",
        },
    ),
    "self_in_closure": (
        "main.py",
        "A.x",
        {
            "main.py": """\
class A:
    def __init__(self): self.x = 1
    def f(self):
        def g():
            return self.x
        return g() + (lambda: self.x)()
print(A().f())
""",
        },
    ),
    "annotated_inst": (
        "main.py",
        "A.x",
        {
            "main.py": """\
class A:
    x: int
    def __init__(self): self.x = 1
def f(a: A): return a.x
print(f(A()))
""",
        },
    ),
    "instance_in_attr": (
        "main.py",
        "A.go",
        {
            "main.py": """\
class A:
    def go(self): return 1
class H:
    def __init__(self):
        self.a = A()
    def f(self): return self.a.go()
print(H().f())
""",
        },
    ),
    "import_as": (
        "a.py",
        "f",
        {
            "a.py": """\
__all__ = ['f']
def f(): return 1
""",
            "main.py": """\
import a as q
from a import f as h
from a import *
print(q.f(), h(), f())
""",
        },
    ),
    "star_chain": (
        "a.py",
        "f",
        {
            "a.py": """\
def f(): return 1
""",
            "b.py": """\
from a import *
""",
            "c.py": """\
from b import *
""",
            "main.py": """\
from c import *
print(f())
""",
        },
    ),
    "kw_cross": (
        "a.py",
        "f.x",
        {
            "a.py": """\
def f(x):
    return x
""",
            "main.py": """\
import a
from a import f as g
print(a.f(x=1), g(x=2), (lambda **k: a.f(**k))(x=3) if 0 else 1)
""",
        },
    ),
    "override_cross": (
        "a.py",
        "A.m",
        {
            "a.py": """\
class A:
    def m(self): return 1
""",
            "b.py": """\
import a
class B(a.A):
    def m(self): return super().m() + 1
""",
            "main.py": """\
from b import B
from a import A
print(B().m(), A().m())
""",
        },
    ),
    "class_kw": (
        "main.py",
        "C.__init__.size",
        {
            "main.py": """\
class C:
    def __init__(self, size=1):
        self.size = size
def mk(): return C(size=2)
print(mk().size, C(size=3).size)
""",
        },
    ),
    "async": (
        "main.py",
        "go",
        {
            "main.py": """\
import asyncio
async def go():
    return 1
print(asyncio.run(go()))
""",
        },
    ),
    "starargs": (
        "main.py",
        "f.args",
        {
            "main.py": """\
def f(*args, **kw):
    return args, kw
print(f(1, args=2))
""",
        },
    ),
    "class_body_comp": (
        "main.py",
        "A.n",
        {
            "main.py": """\
class A:
    n = 2
    xs = [i for i in range(n)]
print(A.xs, A.n)
""",
        },
    ),
    "shadow_param": (
        "main.py",
        "x",
        {
            "main.py": """\
x = 1
def f(x=x):
    return x
class K:
    x = x
print(f(), K.x, x)
""",
        },
    ),
    "del": (
        "main.py",
        "x",
        {
            "main.py": """\
x = [1]
del x[0]
print(x)
del x
""",
        },
    ),
    "augassign_attr": (
        "main.py",
        "A.n",
        {
            "main.py": """\
class A:
    n = 0
    def f(self):
        self.n += 1
        A.n = self.n
        return A.n
print(A().f())
""",
        },
    ),
}


@pytest.mark.parametrize(("path", "symbol", "texts"), CASES.values(), ids=CASES)
class TestRunning:
    def test_a_renamed_program_does_the_same_without_the_old_name(
        self, path: str, symbol: str, texts: dict[str, str]
    ) -> None:
        tree = {name: text.encode() for name, text in texts.items()}

        edits = rename_edits(tree, path, symbol, "renamed", OPTIONS)

        assert ran({**tree, **edits.contents}) == ran(tree)
        assert edits.changed
        assert edits.aliases == ()


class TestQuotedTypes:
    def test_follow_in_annotations_cast_and_typevar(self) -> None:
        source = b"""from typing import TypeVar, cast

T = TypeVar("T", bound="Plain")


class Plain:
    def same(self) -> "Plain | None":
        return cast("Plain", self)


print(Plain().same() is not None)
"""

        edits = rename_edits({"main.py": source}, "main.py", "Plain", "Renamed", OPTIONS)

        assert edits.contents["main.py"] == source.replace(b"Plain", b"Renamed")


class TestFields:
    def test_of_a_named_tuple_are_not_given_an_alias(self) -> None:
        source = b"""from typing import NamedTuple


class Pair(NamedTuple):
    left: int


print(Pair(left=1)._replace(left=2).left)
"""

        with pytest.raises(RefusedError, match="UNSAFE_REFERENCE"):
            rename_edits({"main.py": source}, "main.py", "Pair.left", "first", OPTIONS)


class TestThreshold:
    SOURCE = b"""class Box:
    def open_lid(self):
        return 1


def used(box):
    return box.open_lid()


print(used(Box()))
"""

    @pytest.mark.parametrize(("threshold", "aliases"), [(70, ("main.py",)), (60, ()), (20, ())])
    def test_decides_which_references_change(self, threshold: int, aliases: tuple[str, ...]) -> None:
        options = RenameOptions(threshold=threshold)

        edits = rename_edits({"main.py": self.SOURCE}, "main.py", "Box.open_lid", "renamed", options)

        assert edits.aliases == aliases
        assert ran(dict(edits.contents)) == "1\n"
        assert all(place.confidence >= threshold for place in edits.changed)
