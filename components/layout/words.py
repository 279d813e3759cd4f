"""Words of a term by the segment of the person who looks."""

import reflex as rx

from services.canon.segment_words import Term, say
from services.canon.vocabulary import Segment
from state.account.session import SessionState


def said(term: Term) -> rx.Var[str]:
    """Return what the present reader sees for a term; it follows a change of the preference at once."""
    others = [(one.value, say(term, one)) for one in Segment if one is not Segment.B]
    return rx.match(SessionState.person.segment, *others, say(term, Segment.B)).to(str)
