"""Refusals of the baselines slice."""

from services.canon.errors import IamaError


class VerdictForgedError(IamaError):
    """A canary did not end as planned, or results contradict themselves: the run says nothing."""

    code = "VERDICT_FORGED"
