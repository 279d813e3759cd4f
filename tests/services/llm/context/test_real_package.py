"""One whole run on a published package: click, as installed for the command line."""

import importlib.util
from pathlib import Path

import pytest

from services.canon.vocabulary import ProposalLevel
from services.core.tree import file_fingerprint
from services.engine.apply import apply_document
from services.engine.context.anchoring import onto_full_files
from services.engine.diff import split_lines
from services.engine.document import EditDocument, SearchReplace
from services.llm.context.tokens import count_tokens
from services.llm.prompts import Prompt, render
from services.llm.router import choose_route
from services.llm.schemas import PatchOutput, RefactorPayload
from services.llm.settings import LlmSettings
from services.llm.vocabulary import Stage
from tests.services.llm.shop import ask

TARGET = "click/termui.py"
SETTINGS = LlmSettings(model_l1="gpt-4o")


@pytest.fixture(scope="module")
def tree() -> dict[str, bytes]:
    spec = importlib.util.find_spec("click")
    assert spec and spec.origin
    folder = Path(spec.origin).parent
    return {f"click/{file.relative_to(folder)}": file.read_bytes() for file in sorted(folder.rglob("*.py"))}


@pytest.fixture(scope="module")
def prompt(tree: dict[str, bytes]) -> Prompt:
    payload = RefactorPayload(goal="Tidy prompts", path_scope=[TARGET], level=ProposalLevel.STANDARD)
    request = ask(Stage.REFACTOR_GENERATION, payload, PatchOutput)
    return render(request, choose_route(request.stage, request.model_class, payload, SETTINGS), tree, count_tokens)


class TestRender:
    def test_shows_the_target_whole_and_the_rest_as_slices(self, prompt: Prompt, tree: dict[str, bytes]) -> None:
        target, *others = prompt.views
        assert (target.path, target.text) == (TARGET, tree[TARGET].decode())
        assert len(others) >= 5
        assert not any(view.is_whole for view in others)

    def test_takes_a_fraction_of_the_files_that_it_draws_on(self, prompt: Prompt, tree: dict[str, bytes]) -> None:
        others = [view for view in prompt.views if view.path != TARGET]
        whole = sum(count_tokens("gpt-4o", tree[view.path].decode()) for view in others)
        sliced = sum(count_tokens("gpt-4o", view.text) for view in others)
        assert sliced < whole / 2

    def test_accounts_for_every_token_and_gap(self, prompt: Prompt, tree: dict[str, bytes]) -> None:
        manifest = prompt.manifest
        sent = sum(count_tokens("gpt-4o", message.content) for message in prompt.messages)
        assert sent <= manifest.total_tokens <= manifest.cap_tokens
        assert manifest.tokenizer == "o200k_base"
        assert {item.path for item in manifest.slices if not item.pruned} == {view.path for view in prompt.views}
        for view in prompt.views:
            text = view.text
            for mark, hidden in view.gaps.items():
                text = text.replace(mark, hidden)
            assert text == tree[view.path].decode()

    def test_names_what_the_target_imports(self, prompt: Prompt) -> None:
        used = {(item.path, item.symbol) for item in prompt.manifest.slices if item.kind == "interface"}
        assert {
            ("click/types.py", "convert_type"),
            ("click/exceptions.py", "Abort"),
            ("click/utils.py", "echo"),
        } <= used

    def test_gives_edits_of_every_shown_line_their_place_in_the_file(
        self, prompt: Prompt, tree: dict[str, bytes]
    ) -> None:
        tried = 0
        for view in prompt.views:
            shown = [line for line in split_lines(view.text) if line not in view.gaps]
            for line in [line for line in shown if line.strip() and view.text.count(line) == 1][::9]:
                edit = SearchReplace(
                    path=view.path, base_fingerprint=view.fingerprint, search=line, replace=f"{line}# edited\n"
                )
                document = onto_full_files(EditDocument(operations=[edit]), prompt.views)
                result = apply_document(tree, document, allow_broken=True)
                assert result.applied, (view.path, line, result.outcomes)
                assert len(result.tree[view.path]) == len(tree[view.path]) + len("# edited\n")
                assert file_fingerprint(result.tree[view.path]) != view.fingerprint
                tried += 1
        assert tried > 60
