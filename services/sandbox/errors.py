"""Refusals of the execution plane."""

from services.canon.errors import IamaError


class SandboxUnavailableError(IamaError):
    """No sandbox could be started, or the session is gone."""

    code = "SANDBOX_UNAVAILABLE"


class IsolationBelowPolicyError(IamaError):
    """Nothing on this machine meets the policy; `data.unmet` lists each missing item in words."""

    code = "POLICY_BLOCKED"


class ResultRefusedError(IamaError):
    """The guest's results cannot be taken: too large, too many, or not plain files."""

    code = "VERDICT_FORGED"


class PhaseRefusedError(IamaError):
    """A phase or a path that the sandbox will not accept from its caller."""

    code = "MALFORMED_REQUEST"
