"""What the account screens and the top bar draw."""

from dataclasses import dataclass

from services.access.schemas import Plan
from services.access.usage import PhaseUse, UsageSummary
from services.identity.schemas import Me

NO_LIMIT = "no limit"


@dataclass(frozen=True)
class PersonView:
    """Who is signed in; an empty `email` means nobody (yet)."""

    email: str = ""
    initials: str = ""
    plan: str = ""
    quota: str = ""
    segment: str = "B"
    consented: bool = False
    is_local: bool = False


@dataclass(frozen=True)
class FormView:
    """The untouched or refused sign-in or register form: the address typed before, and the sentence of each field."""

    email: str = ""
    email_error: str = ""
    password_error: str = ""
    form_error: str = ""
    code: str = ""


_FIELD_OF_CODE: dict[str, str] = {
    "INVALID_EMAIL": "email_error",
    "EMAIL_ALREADY_EXISTS": "email_error",
    "WEAK_PASSWORD": "password_error",
    "INVALID_CREDENTIALS": "password_error",
}


def plan_words(plan: Plan) -> str:
    """Name a plan, the same on every page."""
    return "Local plan" if plan.source == "LOCAL_PLAN" else f"{plan.tier.capitalize()} plan"


def left_words(use: PhaseUse) -> str:
    """Say what is left of a phase: `3 of 60 left`; without a limit `no limit`."""
    return NO_LIMIT if use.limit is None else f"{max(use.limit - use.used, 0)} of {use.limit} left"


def person_view(me: Me, plan: Plan, use: UsageSummary) -> PersonView:
    """Word the signed-in person for the top bar."""
    return PersonView(
        email=me.email,
        initials=initials(me.email),
        plan=plan_words(plan),
        quota=left_words(use.phase_1),
        segment=me.segment.value,
        consented=me.consented,
        is_local=me.is_local,
    )


def initials(email: str) -> str:
    """Return one or two capitals from the part before the @: `mara.lindqvist@…` gives ML."""
    name = email.partition("@")[0].replace("_", ".").replace("-", ".")
    parts = [part for part in name.split(".") if part]
    letters = "".join(part[0] for part in parts[:2]) if len(parts) > 1 else name[:2]
    return letters.upper()


def refused_form(code: str, sentence: str, email: str, wait_seconds: int | None) -> FormView:
    """Return the form with its refusal at the field it belongs to; what belongs to none stands above the fields."""
    wait = "" if wait_seconds is None else f" Try again in {wait_seconds} s."
    text = f"{sentence}{wait} ({code})"
    return FormView(email=email, code=code, **{_FIELD_OF_CODE.get(code, "form_error"): text})
