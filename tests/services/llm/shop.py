"""A small shop to ask about, a reader of its snapshot, tools that measure nothing, and a recorder that keeps all."""

from uuid import UUID

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.project_model import ProjectModel
from services.llm.schemas import (
    BddDraft,
    ChangePayload,
    ModelCallRecord,
    PatchOutput,
    RefactorPayload,
    SpecOutput,
    SpecPayload,
    StageRequest,
    TestCaseDraft,
    TestPayload,
    TestPlanOutput,
)
from services.llm.vocabulary import ModelClass, Stage

JOB = UUID(int=7)
SHOP: dict[str, bytes] = {
    "shop/__init__.py": b"",
    "shop/prices.py": (
        b"from shop.money import rounded\n\n\ndef gross(net):\n    return rounded(net * 1.19)\n\n\n"
        b"def label(net):\n    return 'costs {}'.format(net)\n"
    ),
    "shop/money.py": (
        b"PLACES = 2\n\n\ndef rounded(amount):\n    secret_recipe = round(amount, PLACES)\n    return secret_recipe\n"
    ),
    "tests/test_prices.py": b"from shop.prices import gross\n\n\ndef test_gross():\n    assert gross(100) == 119.0\n",
}
ITEMS = SpecOutput(
    bdd=[BddDraft(item_key="b1", title="Gross", given="100", when_action="gross", then_outcome="119.0")], sdd=[]
)


class Snapshots:
    """Holds snapshots in memory; `asked` lists every reference read."""

    def __init__(self, tree: Tree = SHOP) -> None:
        self.tree = tree
        self.asked: list[str] = []

    async def read(self, snapshot_ref: str) -> Tree:
        self.asked.append(snapshot_ref)
        return self.tree


class Tools:
    """Answers that depend on what was asked."""

    async def extract_items(self, payload: SpecPayload, project: ProjectModel, tree: Tree) -> SpecOutput:
        return ITEMS

    async def generate_tests(self, payload: TestPayload, project: ProjectModel, tree: Tree) -> TestPlanOutput:
        cases = [
            TestCaseDraft(test_id=f"t.py::test_{item.item_key}", item_key=item.item_key) for item in payload.items.bdd
        ]
        return TestPlanOutput(files={"t.py": "def test_b1(): ...\n"}, cases=cases, mode="CHARACTERIZATION")


class Records(list[ModelCallRecord]):
    """Keeps the record of every call."""

    async def __call__(self, record: ModelCallRecord) -> None:
        self.append(record)


def ask(stage: Stage, payload: ChangePayload, schema: type, **more: object) -> StageRequest:
    """Return a request of a FREE job at L1, first pass."""
    fields = {"tier": "FREE", "model_class": ModelClass.L1, "job_id": JOB, "attempt": 0, "snapshot_ref": "snap-1"}
    return StageRequest(stage=stage, payload=payload, schema=schema, **{**fields, **more})


def ask_refactor(goal: str = "Round like accountants", scope: str = "shop/prices.py", **more: object) -> StageRequest:
    """Return a request for an edit document."""
    payload = RefactorPayload(goal=goal, path_scope=[scope], level=ProposalLevel.STANDARD)
    return ask(Stage.REFACTOR_GENERATION, payload, PatchOutput, **more)
