"""Turning plain sentences into behaviours and structural statements: a table of sentence forms, tried in order.

The person's own words are kept; only their places change. What fits no form is handed back, never guessed at.
Req: V1-FR-SPEC-002.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from services.canon.errors import IamaError
from services.canon.limits import SPEC_FIELD_MAX_CHARACTERS
from services.core.tree import Tree
from services.engine.project_model import ProjectModel
from services.llm.schemas import BddDraft, ConversionOutput, ConversionPayload, Half, SddDraft

EXAMPLES = (
    "Given a text with accents, when slugify('Déjà vu') is called, then it returns 'deja-vu'.",
    "When the cart is empty, the total is 0.",
    "`parse` raises ValueError when the text is empty.",
    "slugify('a b') returns 'a-b'.",
    "The order must not be shipped twice.",
    "`shop/prices.py` is responsible for totals, through `total`.",
    "`shop.prices` must not import `shop.web`.",
)
TITLE_CHARACTERS = 120


class SentenceNotUnderstoodError(IamaError):
    """No sentence fits a form. Data: `examples`, sentences that do."""

    def __init__(self) -> None:
        super().__init__("SENTENCE_NOT_UNDERSTOOD", examples=list(EXAMPLES))


def convert(payload: ConversionPayload, project: ProjectModel, tree: Tree) -> ConversionOutput:
    """Answer the stage: restructure the sentences of the payload."""
    return restate(payload.text, payload.half)


def restate(text: str, half: Half = Half.BOTH) -> ConversionOutput:
    """Restructure every sentence of a text.

    Raises:
        SentenceNotUnderstoodError: none of them fits a form.
    """
    spans: list[str] = []
    found, subject = ConversionOutput(), ""
    for sentence in _sentences(_masked(text, spans)):
        if subject and re.match(r"it\s", sentence, re.I):
            sentence = subject + sentence[2:]
        item, subject = _item(sentence, half, subject)
        if item is None:
            found.left_over.append(_unmasked(sentence, spans))
        elif isinstance(item, Behaviour):
            title = _unmasked(item.title or sentence.rstrip(".!"), spans)
            words = [_cut(_unmasked(part, spans)) for part in (item.given, item.when, item.then)]
            found.bdd.append(_bdd(_cut(title, TITLE_CHARACTERS), *words))
        else:
            parts = [_cut(_unmasked(part, spans)) for part in (item.component, item.responsibility, item.interface)]
            found.sdd.append(_sdd(*parts))
    if not found.bdd and not found.sdd:
        raise SentenceNotUnderstoodError
    return found


def _bdd(title: str, given: str, when: str, then: str) -> BddDraft:
    return BddDraft(item_key="", title=title, given=given, when_action=when, then_outcome=then)


def _sdd(component: str, responsibility: str, interface: str) -> SddDraft:
    return SddDraft(
        item_key="", component=component.strip("`"), responsibility=responsibility, interface_notes=interface or None
    )


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A sentence about what happens."""

    given: str
    when: str
    then: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence about what a part is for and how it is reached."""

    component: str
    responsibility: str
    interface: str = ""


_FIRST_MARK, _LAST_MARK = 0xE000, 0xF8FF
_MARK = f"[{chr(_FIRST_MARK)}-{chr(_LAST_MARK)}]"
_QUOTED = re.compile(r"`[^`\n]+`|\"[^\"\n]*\"|(?<![\w'])'[^'\n]*'(?!\w)|[\u201c][^\u201d\n]*[\u201d]")
_CALL = re.compile(rf"(?:[A-Za-z_][\w.]*|{_MARK})\([^()\n]*\)")
_PATH = re.compile(
    r"(?<![\w/])(?:[\w-]+/)*[\w-]+\.(?:py|pyi|js|ts|tsx|java|toml|cfg)\b|(?<![\w/])[A-Za-z_]\w*(?:\.\w+)+"
)


def _masked(text: str, spans: list[str]) -> str:
    """Put one mark for each quotation, call, path and dotted name, so that no form looks inside them."""

    def mark(match: re.Match[str]) -> str:
        if len(spans) > _LAST_MARK - _FIRST_MARK:
            return match[0]
        spans.append(match[0])
        return chr(_FIRST_MARK + len(spans) - 1)

    text = re.sub(_MARK, " ", text)
    for pattern in (_QUOTED, _CALL, _CALL, _PATH):
        text = pattern.sub(mark, text)
    return text


def _unmasked(text: str, spans: list[str]) -> str:
    while re.search(_MARK, text):
        text = re.sub(_MARK, lambda match: spans[ord(match[0]) - _FIRST_MARK], text)
    return text


_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d+[.)])\s+")
_GOES_ON = re.compile(r"\s*(?:when|then|and|but)\b", re.I)
_GHERKIN_START = re.compile(r"\s*(?:given|when)\b[^,]*$", re.I)
_HEADINGS = re.compile(r"^\s*(?:scenario(?: outline)?|feature|rule|background)\s*:.*$", re.I)
_SENTENCE_END = re.compile(
    rf"(?<=;)\s+|(?<=[.!?])\s+(?=[A-Z\"'({_MARK[1:]})|(?<=\.)\s+(?=[a-z_]\w*\s+(?:must|should|returns))"
)


def _sentences(text: str) -> list[str]:
    """Split at line ends and sentence ends; lines of one Given/When/Then belong together."""
    joined: list[str] = []
    in_block = False
    for line in text.splitlines():
        line = _BULLET.sub("", line).strip()
        if not line or _HEADINGS.match(line):
            in_block = False
            continue
        if in_block and _GOES_ON.match(line):
            joined[-1] = f"{joined[-1].rstrip('.,')}, {line[0].lower()}{line[1:]}"
        else:
            joined.append(line)
            in_block = bool(_GHERKIN_START.match(line.rstrip(",")))
    return [part.strip() for line in joined for part in _SENTENCE_END.split(line) if part.strip(" .;")]


Build = Callable[[re.Match[str]], Behaviour | Statement]


def _scenario(match: re.Match[str]) -> Behaviour:
    return Behaviour(match["given"], match["when"], match["then"], title=match["then"])


def _event(match: re.Match[str]) -> Behaviour:
    return Behaviour("", match["when"], match["then"])


def _of_subject(match: re.Match[str], outcome: str) -> Behaviour:
    """A callable subject is what is called, and the condition is given; else the condition is what happens."""
    subject, word, condition = match["subject"].strip(), match["word"], match["condition"] or ""
    if (word or "").lower() == "unless":
        outcome, condition = f"{outcome} unless {condition}", ""
    called = _callable(subject)
    if called:
        return Behaviour(condition, f"{called} is called", f"it {outcome}")
    return Behaviour("", condition or f"{_bare(subject)} is used", f"{subject} {outcome}")


def _raises(match: re.Match[str]) -> Behaviour:
    return _of_subject(match, f"raises {match['error']}")


def _result(match: re.Match[str]) -> Behaviour:
    return _of_subject(match, f"{match['verb']} {match['value']}")


def _modal(match: re.Match[str]) -> Behaviour:
    return _of_subject(match, f"{match['modal']} {match['rest']}")


def _responsible(match: re.Match[str]) -> Statement:
    return Statement(_bare(match["subject"]), _sentence(match["what"]), match["interface"] or "")


def _boundary(match: re.Match[str]) -> Statement:
    rule = _sentence(f"{match['rule']} {match['other']}")
    return Statement(_bare(match["subject"]), rule, rule)


def _kept(match: re.Match[str]) -> Statement:
    return Statement(_bare(match["subject"]), _sentence(match["what"]), _sentence(match["what"]))


_IF = r"(?:\s+(?P<word>when|whenever|if|unless|once|after|while|for)\s+(?P<condition>.+?))?"
_MODAL = r"must|should|shall|has\s+to|have\s+to|needs?\s+to|may\s+not|cannot|can\s+not|will|never"
_END = r"\s*[.!;]?"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern + _END, re.I | re.S)


STATEMENTS: tuple[tuple[re.Pattern[str], Build], ...] = (
    (
        _form(
            r"(?P<subject>.+?)\s+(?P<rule>(?:(?:must|should|may|does|do)(?:\s+not)?\s+|never\s+|only\s+)?"
            r"(?:imports?|depends?\s+(?:only\s+)?on))\s+(?P<other>.+?)"
        ),
        _boundary,
    ),
    (
        _form(
            r"(?P<subject>.+?)\s+(?:is\s+(?:responsible\s+for|in\s+charge\s+of)|takes\s+care\s+of|handles|owns|provides"
            r"|manages|holds|implements)\s+(?P<what>.+?)(?:,?\s+(?:through|via|behind|exposing|offering)\s+"
            r"(?P<interface>.+?))?"
        ),
        _responsible,
    ),
    (
        _form(
            r"(?P<subject>.+?)\s+(?P<what>(?:keeps?|(?:must|should)\s+keep)\s+(?:its|the)\s+"
            r"(?:signature|interface|names?|public\s+names?|parameters)\b.*?)"
        ),
        _kept,
    ),
    (
        _form(rf"(?P<subject>{_MARK}|(?-i:[A-Z][a-z0-9]+[A-Z]\w*))\s*:\s+(?P<what>.+?)(?P<interface>(?!))?"),
        _responsible,
    ),
)

BEHAVIOURS: tuple[tuple[re.Pattern[str], Build], ...] = (
    (_form(r"given\s+(?P<given>.+?),?\s+when\s+(?P<when>.+?),?\s+then\s+(?P<then>.+?)"), _scenario),
    (
        _form(r"(?:when|whenever|if|once|after)\s+(?P<when>.+?)(?:\s*,\s*(?:then\s+)?|\s+then\s+)(?P<then>.+?)"),
        _event,
    ),
    (
        _form(
            rf"(?P<subject>(?:(?!\b(?:{_MODAL})\b).)+?)\s+(?:(?:{_MODAL})\s+)?(?:raises?|throws?|(?:stops?|fails?)\s+with)\s+"
            rf"(?P<error>.+?){_IF}"
        ),
        _raises,
    ),
    (_form(rf"(?P<subject>.+?)\s+(?P<modal>{_MODAL})\s+(?P<rest>.+?){_IF}"), _modal),
    (_form(rf"(?P<subject>.+?)\s+(?P<verb>returns|gives|yields|equals)\s+(?P<value>.+?){_IF}"), _result),
)

FORMS: dict[Half, tuple[tuple[re.Pattern[str], Build], ...]] = {
    Half.BDD: BEHAVIOURS,
    Half.SDD: STATEMENTS,
    Half.BOTH: (BEHAVIOURS[0], *STATEMENTS, *BEHAVIOURS[1:]),
}
"""First match wins; a sentence with a condition is about what happens, so no statement may hold one."""

_CONDITION = re.compile(r"(?:^|\s)(?:when|whenever|if|unless)\s", re.I)


def _item(sentence: str, half: Half, subject: str) -> tuple[Behaviour | Statement | None, str]:
    """Return the item of the first form that fits, and what the next sentence may call "it"."""
    for pattern, build in FORMS[half]:
        match = pattern.fullmatch(sentence)
        if match is None:
            continue
        item = build(match)
        if isinstance(item, Behaviour) or not _CONDITION.search(sentence):
            return item, match.groupdict().get("subject") or subject
    return None, subject


_NAME = re.compile(r"[a-z_]\w*(?:_\w+)*|\w+_\w+")


def _callable(subject: str) -> str:
    """Return how a callable subject is written, or "" for one that is not code."""
    if re.fullmatch(_MARK, subject):
        return subject
    name = re.sub(rf"^(?:the\s+)?(?:function|method)\s+(?={_MARK}$|\w+$)", "", subject, flags=re.I)
    return name if name != subject or _NAME.fullmatch(subject) else ""


def _bare(subject: str) -> str:
    return re.sub(r"^(?:the|a|an)\s+(?:(?:module|class|package|component)\s+)?", "", subject.strip(), flags=re.I)


def _sentence(text: str) -> str:
    clean = text.strip().rstrip(".")
    return f"{clean[:1].upper()}{clean[1:]}."


def _cut(text: str, limit: int = SPEC_FIELD_MAX_CHARACTERS) -> str:
    clean = " ".join(text.split()).rstrip(",;")
    return clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…"
