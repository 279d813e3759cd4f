"""Two runs of one suite, compared: red stays red, nothing green turns red."""

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict

from services.baselines.schemas import OUTCOME_LETTERS, SuiteRun, TestOutcome
from services.engine.successors import Successors


class OutcomeComparison(BaseModel):
    """Test ids by what happened to them, each list sorted.

    `held`: same side as before. `newly_red`: green before, red now. `missing`: had a result before, has none now.
    `newly_skipped`: green before, skipped now. `added`: has a result only now.
    """

    model_config = ConfigDict(frozen=True)

    held: tuple[str, ...] = ()
    newly_red: tuple[str, ...] = ()
    newly_green: tuple[str, ...] = ()
    newly_skipped: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    green_before: int = 0
    lost_green: tuple[str, ...] = ()
    cut_short: bool = False

    @property
    def holds(self) -> bool:
        """True when no test that was green before is anything else now and the run came to its end as before."""
        return not self.lost_green and not self.cut_short

    @property
    def sentence(self) -> str:
        """The verdict for people."""
        if not self.green_before:
            return "No test was green before the change, so this suite proves nothing."
        if self.cut_short:
            return "The run ended before all of its tests had their turn, which it did not do before the change."
        if self.holds:
            return f"All {self.green_before} tests that were green before are green now."
        return f"{len(self.lost_green)} of {self.green_before} tests that were green before are not green now."


def compare(before: SuiteRun, after: SuiteRun) -> OutcomeComparison:
    """Compare two runs of one suite by test id.

    A green test that is missing, skipped or red afterwards counts as lost; a red one may do what it likes.
    """
    old, new = before.outcomes, after.outcomes
    both = sorted(old.keys() & new.keys())
    green = {name for name, item in old.items() if item.is_green}
    newly_red = [name for name in both if name in green and new[name].is_red]
    newly_skipped = [name for name in both if name in green and not new[name].is_green and not new[name].is_red]
    newly_green = [name for name in both if name not in green and new[name].is_green]
    missing = sorted(old.keys() - new.keys())
    changed = {*newly_red, *newly_skipped, *newly_green}
    return OutcomeComparison(
        held=tuple(name for name in both if name not in changed),
        newly_red=tuple(newly_red),
        newly_green=tuple(newly_green),
        newly_skipped=tuple(newly_skipped),
        missing=tuple(missing),
        added=tuple(sorted(new.keys() - old.keys())),
        green_before=len(green),
        cut_short=before.complete and not after.complete,
        lost_green=tuple(sorted({*newly_red, *newly_skipped, *(name for name in missing if name in green)})),
    )


def named_as_before(before: SuiteRun, after: SuiteRun, successors: Successors) -> SuiteRun:
    """Give tests whose ids a change of names or places altered the ids they had.

    Test files and tests may have moved; doctests are named after what they stand in.
    """
    back: dict[str, str] = {}
    for name in sorted(before.outcomes.keys() - after.outcomes.keys()):
        candidates = dict.fromkeys([*_moved(name, successors), *_renamed(name, successors.words)])
        found = [new for new in candidates if new in after.outcomes and new not in before.outcomes]
        if len(found) == 1:
            back[found[0]] = name
    if not back:
        return after
    outcomes = {
        back.get(name, name): item.model_copy(update={"test_id": back.get(name, name)})
        for name, item in after.outcomes.items()
    }
    expected = tuple(back.get(name, name) for name in after.expected)
    return after.model_copy(update={"outcomes": outcomes, "expected": expected})


def _moved(name: str, successors: Successors) -> Iterator[str]:
    """Yield ids of a test where its file, its class or the function it is may stand now, and of a doctest."""
    path, *parts = name.split("::")
    if not parts:
        return
    owners, mark, row = "::".join(parts).partition("[")
    new_path, new_name = successors.follow(path, owners.replace("::", "."))
    yield f"{new_path}::{new_name.replace('.', '::')}{mark}{row}"
    for (old_path, _), found in successors.of.items():
        if old_path != path or len(parts) > 1:
            continue
        old, new = found.was.replace(":", "."), found.now.replace(":", ".")
        if parts[0] == old or parts[0].startswith(f"{old}."):
            yield f"{found.path}::{new}{parts[0][len(old) :]}"
        elif parts[0] == found.was.partition(":")[0] and new_path == found.path:
            yield f"{new_path}::{found.now.partition(':')[0]}"


def _renamed(name: str, words: Mapping[str, str]) -> Iterator[str]:
    for old, new in words.items():
        for match in re.finditer(rf"(?<!\w){re.escape(old)}(?!\w)", name):
            yield name[: match.start()] + new + name[match.end() :]


def strip(run: SuiteRun, order: tuple[str, ...] | None = None) -> str:
    """Return one letter per test: p passed, f failed, s skipped, n no result; sorted ids unless `order` is given."""
    names = order if order is not None else tuple(sorted({*run.outcomes, *run.expected}))
    return "".join(_letter(run.outcomes, name) for name in names)


def _letter(outcomes: Mapping[str, TestOutcome], name: str) -> str:
    found = outcomes.get(name)
    return OUTCOME_LETTERS[found.outcome] if found else "n"
