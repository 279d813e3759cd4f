"""Checks an evidence statement offline: its form, its own sums, its hash and the files it names. Nothing is fetched.

One function per question in `CHECKS`; an answer is `HOLDS`, `FAILS` or `NOT_CHECKED`, never a guess.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from services.core.tree import UnsafePathError, file_fingerprint, normalise_path
from services.delivery.evidence import PREDICATE_TYPE, STATEMENT_TYPE, record_hash

HEX_SHA256 = r"^[0-9a-f]{64}$"


class Answer(StrEnum):
    """What a check found."""

    HOLDS = "HOLDS"
    FAILS = "FAILS"
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True, slots=True)
class Check:
    """One question with its answer in a sentence."""

    name: str
    answer: Answer
    sentence: str


@dataclass(frozen=True, slots=True)
class Given:
    """What a statement is checked against.

    Attributes:
        document: the statement as read, with or without its `record_hash`.
        files: path → content of the result for each place given, None where a path is absent there; empty without one.
        commit_message: message of the branch's newest commit, None without a branch.
    """

    document: dict[str, Any]
    files: Mapping[str, Mapping[str, bytes | None]] = field(default_factory=dict)
    commit_message: str | None = None


def _is(wanted: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value != wanted:
            raise ValueError(f"is not {wanted}")
        return value

    return check


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Digest(_Open):
    sha256: str = Field(pattern=HEX_SHA256)


class _Subject(_Open):
    name: str
    digest: _Digest

    @field_validator("name")
    @classmethod
    def _below_the_root(cls, name: str) -> str:
        try:
            clean = normalise_path(name)
        except UnsafePathError as error:
            raise ValueError(f"is {error}") from error
        if clean != name:
            raise ValueError("is not a clean relative path")
        return name


class _Source(_Open):
    repository: str
    head_sha: str = Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")
    path_scope: list[str] = Field(min_length=1)


class _Baseline(_Open):
    mode: str
    behaviours_total: int = Field(ge=0)
    behaviours_covered: int = Field(ge=0)


class _Generated(_Open):
    total: int = Field(ge=0)
    passed_before: int = Field(ge=0)
    passed_after: int = Field(ge=0)
    strip_before: str = Field(pattern=r"^[pfsn]*$")
    strip_after: str = Field(pattern=r"^[pfsn]*$")


class _Predicate(_Open):
    job_id: str
    created_at: str
    goal: str
    source: _Source
    baseline: _Baseline
    generated_tests: _Generated
    deleted_files: list[str] = []


class Statement(_Open):
    """The form of a statement; later versions only add fields, so unknown ones are let through."""

    type_: Annotated[str, AfterValidator(_is(STATEMENT_TYPE))] = Field(alias="_type")
    predicate_type: Annotated[str, AfterValidator(_is(PREDICATE_TYPE))] = Field(alias="predicateType")
    subject: list[_Subject]
    predicate: _Predicate


def verify(given: Given) -> list[Check]:
    """Answer every question; when the form is wrong, that answer alone."""
    form = _form(given)
    if form.answer is Answer.FAILS:
        return [form]
    return [form, *(check for ask in CHECKS for check in ask(given))]


def stands(checks: list[Check]) -> bool:
    """Tell whether no check failed; what was not checked does not count against a statement."""
    return all(check.answer is not Answer.FAILS for check in checks)


def result_paths(document: dict[str, Any]) -> list[str]:
    """Return the paths whose content a place must show: subjects and deleted files, sorted (the form must hold)."""
    return sorted({*_digests(document), *document["predicate"].get("deleted_files", [])})


def _form(given: Given) -> Check:
    try:
        Statement.model_validate(given.document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return Check("form", Answer.FAILS, f"{where or 'the document'}: {first['msg']}.")
    names = [subject["name"] for subject in given.document["subject"]]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return Check("form", Answer.FAILS, f"subject: {twice[0]} is named more than once.")
    return Check("form", Answer.HOLDS, f"{STATEMENT_TYPE} with predicate {PREDICATE_TYPE}.")


def _sums(given: Given) -> Iterator[Check]:
    """Compare counts with the strips and with each other."""
    predicate = given.document["predicate"]
    tests, baseline = predicate["generated_tests"], predicate["baseline"]
    wrong = [
        f"{name} says {tests[name]}, its strip {strip.count('p')}"
        for name, strip in (("passed_before", tests["strip_before"]), ("passed_after", tests["strip_after"]))
        if tests[name] != strip.count("p")
    ]
    if not tests["total"] == len(tests["strip_before"]) == len(tests["strip_after"]):
        wrong.append(
            f"total says {tests['total']}, the strips {len(tests['strip_before'])}/{len(tests['strip_after'])}"
        )
    if baseline["behaviours_covered"] > baseline["behaviours_total"]:
        wrong.append("more behaviours are covered than there are")
    yield (
        Check("sums", Answer.FAILS, f"{'; '.join(wrong)}.")
        if wrong
        else Check("sums", Answer.HOLDS, f"{tests['total']} generated tests and their strips agree.")
    )


def _hash(given: Given) -> Iterator[Check]:
    stated, computed = given.document.get("record_hash"), statement_hash(given.document)
    if stated is None:
        yield Check("hash", Answer.NOT_CHECKED, f"The file states no record_hash; computed is {computed}.")
    elif stated == computed:
        yield Check("hash", Answer.HOLDS, f"record_hash {computed} fits the content.")
    else:
        yield Check("hash", Answer.FAILS, f"record_hash says {stated}, the content gives {computed}.")


def _files(given: Given) -> Iterator[Check]:
    if not given.files:
        yield Check("files", Answer.NOT_CHECKED, "No files, patch or branch were given to compare with.")
    for place, contents in given.files.items():
        wrong = list(_differences(given.document, contents))
        name = f"files of {place}"
        if wrong:
            more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            yield Check(name, Answer.FAILS, f"{wrong[0]}{more}.")
        else:
            yield Check(name, Answer.HOLDS, f"All {len(result_paths(given.document))} have the stated content.")


def _differences(document: dict[str, Any], contents: Mapping[str, bytes | None]) -> Iterator[str]:
    digests = _digests(document)
    for path, digest in digests.items():
        content = contents.get(path)
        if content is None:
            yield f"{path} is missing"
        elif file_fingerprint(content) != digest:
            yield f"{path} has another content than stated"
    for path in document["predicate"].get("deleted_files", []):
        if contents.get(path) is not None:
            yield f"{path} is still there, though stated as deleted"
    for path in sorted(set(contents) - set(result_paths(document))):
        yield f"{path} is changed, though not stated"


def _commit(given: Given) -> Iterator[Check]:
    if given.commit_message is None:
        yield Check("commit", Answer.NOT_CHECKED, "No branch was given whose commit could name the record.")
        return
    wanted = f"Evidence-Record: {statement_hash(given.document)}"
    names = wanted in given.commit_message.splitlines()
    yield (
        Check("commit", Answer.HOLDS, "The branch's commit names this record.")
        if names
        else Check("commit", Answer.FAILS, "The branch's commit does not name this record.")
    )


def _signature(given: Given) -> Iterator[Check]:
    yield Check(
        "signature",
        Answer.NOT_CHECKED,
        "Nothing is signed: neither statement, files nor commit. Whoever can write this file and the repository can "
        "make both fit.",
    )


def _claims(given: Given) -> Iterator[Check]:
    yield Check(
        "claims",
        Answer.NOT_CHECKED,
        "What the predicate says of tests, baseline, sandbox and network is the installation's word; nothing was run "
        "again here.",
    )


CHECKS: tuple[Callable[[Given], Iterator[Check]], ...] = (_sums, _hash, _files, _commit, _signature, _claims)
"""Questions in the order they are answered, all after the form holds."""


def statement_hash(document: dict[str, Any]) -> str:
    """Return the record's hash, computed without the one it states."""
    return record_hash({name: value for name, value in document.items() if name != "record_hash"})


def _digests(document: dict[str, Any]) -> dict[str, str]:
    return {subject["name"]: subject["digest"]["sha256"] for subject in document["subject"]}
