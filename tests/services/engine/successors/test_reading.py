"""What a change made of definitions, read from its operations and both sources."""

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.apply import apply_document
from services.engine.blocks import document_between
from services.engine.catalogue import plan_change
from services.engine.goals import parse_goal
from services.engine.project import read_project
from services.engine.successors import Argument, Successors, read_successors, told

ZOO: Tree = {
    "zoo/__init__.py": b"",
    "zoo/animals.py": b"""class Animal:
    def speak(self, times=1):
        return self.sound * times


class Dog(Animal):
    sound = "woof"

    def speak(self, times=1):
        return super().speak(times) + "!"


def feed(animal, food, amount=1):
    served = amount * _unit(food)
    return f"{animal} eats {served}"


def _unit(food):
    return f"{food} bowl"
""",
    "zoo/keeper.py": b"""from zoo.animals import Dog, feed


def day():
    return [feed("Rex", food="meat"), Dog().speak(2)]
""",
}


def _read(goal: str, tree: Tree = ZOO) -> Successors:
    project = read_project(tree, ["."])
    plan = plan_change(tree, project, parse_goal(goal), ProposalLevel.STANDARD)
    after = apply_document(tree, plan.document, scope=["."]).tree
    assert after != tree
    return read_successors(project, tree, after, told(plan.document, plan.operations))


class TestReadSuccessors:
    def test_follows_a_class_with_its_methods(self) -> None:
        found = _read("Move `Dog` from `zoo/animals.py` to a new module `zoo/dogs.py`").of
        assert found[("zoo/animals.py", "Dog.speak")].now == "zoo.dogs:Dog.speak"
        assert ("zoo/animals.py", "Animal.speak") not in found

    def test_follows_overrides_of_a_renamed_method(self) -> None:
        found = _read("Rename method `Animal.speak` in `zoo/animals.py` to `call`").of
        assert found[("zoo/animals.py", "Dog.speak")].now == "zoo.animals:Dog.call"

    def test_fills_new_parameters_by_name_and_old_ones_by_what_they_were(self) -> None:
        goal = "Rename parameter `food` of `feed` in `zoo/animals.py` to `dish`. "
        goal += "Add a parameter `keeper` to `feed` in `zoo/animals.py` at the start, pass 'Eve' at all call sites"
        found = _read(goal).of[("zoo/animals.py", "feed")]
        kind = "POSITIONAL_OR_KEYWORD"
        assert found.arguments == (
            Argument("keeper", kind, value="'Eve'"),
            Argument("animal", kind, old="animal"),
            Argument("dish", kind, old="food"),
            Argument("amount", kind, old="amount"),
        )
        assert found.signature == "(keeper, animal, dish, amount=1)"

    def test_passes_the_old_default_where_it_changed(self) -> None:
        found = _read("Set the default of parameter `amount` of `feed` in `zoo/animals.py` to `2`").of
        assert found[("zoo/animals.py", "feed")].arguments[-1].value == "1"

    def test_gives_the_reason_for_what_goes(self) -> None:
        found = _read("Inline function `_unit` in `zoo/animals.py`")
        assert "takes the definition away" in (found.gone("zoo/animals.py", "_unit") or "")
        assert found.gone("zoo/animals.py", "feed") is None

    def test_never_calls_a_public_name_gone_that_no_operation_took_away(self) -> None:
        project = read_project(ZOO, ["."])
        after = {**ZOO, "zoo/keeper.py": b""}
        document = document_between(ZOO, after)
        assert not read_successors(project, ZOO, after, told(document, ())).gone("zoo/keeper.py", "day")

    def test_lists_public_functions_that_appear(self) -> None:
        found = _read("Extract `amount * _unit(food)` on line 14 of `zoo/animals.py` into a function `portion`")
        assert found.added == {"zoo/animals.py": ("portion",)}


class TestTold:
    def test_prefers_the_document_to_what_was_planned(self) -> None:
        project = read_project(ZOO, ["."])
        goal = parse_goal("Rename `feed` in `zoo/animals.py` to `nourish`")
        plan = plan_change(ZOO, project, goal, ProposalLevel.STANDARD)
        assert [item.op for item in told(plan.document, ())] == ["rename_symbol"]
        after = apply_document(ZOO, plan.document, scope=["."]).tree
        assert told(document_between(ZOO, after), plan.operations) == plan.operations
