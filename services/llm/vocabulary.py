"""Words of the model layer: stages, model classes, routes and how a call ended."""

from enum import StrEnum


class Stage(StrEnum):
    """What a model is asked for."""

    PROPOSALS = "proposals"
    SPEC_EXTRACTION = "spec_extraction"
    SPEC_CONVERSION = "spec_conversion"
    TEST_GENERATION = "test_generation"
    REFACTOR_GENERATION = "refactor_generation"
    REPAIR = "repair"


class ModelClass(StrEnum):
    """Strength of a model, weakest first."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


class RouteName(StrEnum):
    """Where an answer comes from: program analysis on this machine, or a configured provider."""

    RULES = "iama-rules"
    HOSTED = "hosted"


class RouteReason(StrEnum):
    """Why a route was taken; kept with every call."""

    NOT_CONFIGURED = "NOT_CONFIGURED"
    MEASURED_STAGE = "MEASURED_STAGE"
    CONFIGURED = "CONFIGURED"
    CLASS_DEGRADED = "CLASS_DEGRADED"
    FALLBACK = "FALLBACK"


class CallOutcome(StrEnum):
    """How one call ended."""

    OK = "OK"
    REFUSED = "REFUSED"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    OUTPUT_INVALID = "OUTPUT_INVALID"
    CANCELLED = "CANCELLED"
