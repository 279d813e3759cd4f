"""Photographs every screen of a running installation in both themes, walks it by keyboard and asks axe-core.

Run through `make tour`. It starts an installation of its own, waits for the demo jobs, adds one job for each screen
that they do not show, and writes `.cache/tour/*.png`, `sheet.html` and `sheet.png`. Ends with 1 when axe-core objects,
when a page wrote an error to the console, or when a key stop has no visible ring.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from iama_app.cli.demo_jobs import GOALS
from tests.support.installation import Installation, running_installation
from tests.support.main_job import make_repository
from tests.support.walker import ApiClient, sign_in
from tests.support.web_server import CHROMIUM_FLAGS

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / ".cache" / "tour"
AXE = ROOT / ".cache" / "axe"
AXE_VERSION = "4.11.0"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
THEMES = ("light", "dark")
WIDE = (1440, 900)
NARROWER = ((1280, 900), (768, 1024))
SETTLE_MS = 700
KEY_STOPS = 120
DEMO_SECONDS = 300.0

HANGING = {
    "slow.py": "import os\n\n\ndef wait(clock):\n    return clock.minutes().total()\n",
    "test_slow.py": "import time\n\n\ndef test_wait():\n    time.sleep(600)\n",
    "pyproject.toml": '[project]\nname = "slow"\nversion = "1.0"\n[tool.setuptools]\npy-modules = ["slow"]\n',
}


@dataclass(frozen=True)
class Shot:
    """One screen: its name, address, a text that shows that it is there, and whether it is shown narrower too."""

    name: str
    path: str
    ready: str
    is_public: bool = False
    narrower: bool = False


@dataclass
class Findings:
    """What the tour objects to."""

    lines: list[str]

    def add(self, shot: str, words: str) -> None:
        """Keep one objection and print it."""
        self.lines.append(f"{shot}: {words}")
        print(f"  {shot}: {words}")


def main() -> int:
    """Tour and return the exit status."""
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.png"):
        old.unlink()
    axe = _axe_source()
    found = Findings([])
    with _installation() as product, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        first = browser.new_context(base_url=product.url).new_page()
        sign_in(first, *product.sign_in)
        cookies = first.context.storage_state()
        shots = _shots(ApiClient(product.url, *product.sign_in), product)
        for theme in THEMES:
            _photograph(browser, product.url, theme, shots, cookies, axe, found)
        _walk_by_keyboard(browser, product.url, shots, cookies, found)
        _sheet(browser)
        browser.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}; {len(found.lines)} objections")
    return 1 if found.lines else 0


@contextmanager
def _installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="iama-tour-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running_installation(folder / "data", IAMA_LOCAL_ROOTS=str(folder)) as product:
            yield product


def _shots(api: ApiClient, product: Installation) -> list[Shot]:
    """Bring one job to each kind of screen and list what is photographed."""
    hanging = make_repository(product.data.parent / "slow", HANGING)
    stopped = _approved(api, hanging.as_uri(), test_timeout_seconds=5)
    parcels = (product.data / "repositories" / "parcels").as_uri()
    drafted = api.create(parcels, "Clean up", path_scope=["parcels"])
    api.wait(drafted, "WAITING_STRATEGY")
    api.act(drafted, "SELECT_STRATEGY", level="STANDARD")
    api.wait_for_spec(drafted)
    api.wait(stopped, "BASELINE_VALIDATION_FAILED", "WAITING_INTERVENTION", seconds=180)
    waiting = _demo_job(api, GOALS[0], "WAITING_STRATEGY")
    done = _demo_job(api, GOALS[1], "DELIVERED")
    return [
        Shot("w01-sign-in", "/sign-in", "What happens to your code", is_public=True),
        Shot("w01-register", "/register", "Repeat the password", is_public=True),
        Shot("w02-welcome", "/welcome", "Before the first job"),
        Shot("w06-jobs", "/jobs", "Jobs", narrower=True),
        Shot("w07-audit", f"/jobs/{done}", "every link fits"),
        Shot("w08-repositories", "/repositories", "GitHub is not configured"),
        Shot("w09-new-job", "/jobs/new", "What starting does"),
        Shot("w09-preview", f"/jobs/new/preview?{urlencode({'url': parcels, 'goal': 'Clean up'})}", "Affected symbols"),
        Shot("w10-strategy", f"/jobs/{waiting}/strategy", "Where the complexity sits"),
        Shot("w11-spec", f"/jobs/{drafted}/spec", "What approval starts"),
        Shot("w11b-tests", f"/jobs/{done}/tests", "May be untested"),
        Shot("w12-execution", f"/jobs/{done}/execution", "Model route", narrower=True),
        Shot("w13-intervene", f"/jobs/{stopped}/intervene", "What you can do"),
        Shot("w14-delivery", f"/jobs/{done}/delivery", "Provenance, read only", narrower=True),
        Shot("w14b-artifacts", f"/jobs/{done}/artifacts", "encrypted at rest"),
        Shot("not-found", "/nowhere", "There is nothing at this address", is_public=True),
        Shot("job-not-found", "/jobs/00000000-0000-0000-0000-00000000dead/spec", "JOB_NOT_FOUND"),
    ]


def _approved(api: ApiClient, address: str, **more: Any) -> str:
    job_id = api.create(address, "Clean up", **more)
    api.wait(job_id, "WAITING_STRATEGY")
    api.act(job_id, "SELECT_STRATEGY", level="STANDARD")
    spec = api.wait_for_spec(job_id)
    chosen = next(one for one in api.get(f"/v2/jobs/{job_id}/proposals")["proposals"] if one["selected"])
    accepted = [str(one["id"]) for one in chosen["hazards"]]
    body = {"revision_token": spec["revision_token"], "accepted_hazards": accepted}
    api.send("POST", f"/v2/jobs/{job_id}/spec/approve", body)
    return job_id


def _demo_job(api: ApiClient, goal: str, state: str) -> str:
    """Wait until the oldest job with a demo goal, which no other step of the tour made, stands in a state."""
    deadline = time.monotonic() + DEMO_SECONDS
    while True:
        oldest_first = reversed(api.get("/v2/jobs")["items"])
        found = [one for one in oldest_first if one["goal"] == goal and one["status"] == state]
        if found:
            return str(found[0]["job_id"])
        if time.monotonic() > deadline:
            raise TimeoutError(f"no demo job reached {state}")
        time.sleep(0.5)


def _photograph(
    browser: Browser, url: str, theme: Any, shots: Sequence[Shot], cookies: Any, axe: str, found: Findings
) -> None:
    for shot in shots:
        context = browser.new_context(
            base_url=url, color_scheme=theme, storage_state=None if shot.is_public else cookies
        )
        page = context.new_page()
        label = f"{shot.name}-{theme}"
        page.on("console", partial(_console, label, found))
        for size in (WIDE, *(NARROWER if shot.narrower else ())):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            _open(page, shot)
            suffix = "" if size == WIDE else f"-{size[0]}"
            page.screenshot(path=OUT / f"{label}{suffix}.png")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.add(f"{label}{suffix}", "scrolls sideways")
            for words in _axe_violations(page, axe):
                found.add(f"{label}{suffix}", words)
        context.close()


def _open(page: Page, shot: Shot) -> None:
    page.goto(shot.path)
    page.get_by_text(shot.ready, exact=False).first.wait_for(timeout=30_000)
    page.wait_for_timeout(SETTLE_MS)


def _console(label: str, found: Findings, message: ConsoleMessage) -> None:
    if message.type == "error" and "status of 404" not in message.text:
        found.add(label, f"console: {message.text[:200]}")


def _axe_source() -> str:
    """Return the script of axe-core, fetched once with the bundled package manager; empty where there is none."""
    script = AXE / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        AXE.mkdir(parents=True, exist_ok=True)
        (AXE / "package.json").write_text("{}\n")
        bun = Path(sys.executable).with_name("bun")
        done = subprocess.run(
            [bun, "add", f"axe-core@{AXE_VERSION}"], cwd=AXE, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"axe-core could not be fetched, accessibility is not checked: {done.stderr.strip()[-300:]}")
            return ""
    return script.read_text()


def _axe_violations(page: Page, axe: str) -> list[str]:
    if not axe:
        return []
    page.evaluate(axe)
    result = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS)
    return [
        f"{one['id']} ({one['impact']}) {len(one['nodes'])}×: {one['nodes'][0]['target'][0]} {_why(one['nodes'][0])}"
        for one in result["violations"]
    ]


def _why(node: Any) -> str:
    return " ".join(str(node.get("failureSummary", "")).split())[:160]


def _walk_by_keyboard(browser: Browser, url: str, shots: Sequence[Shot], cookies: Any, found: Findings) -> None:
    """Press Tab through every screen: each stop must be visible and ringed, and the walk must come to an end."""
    page = browser.new_context(
        base_url=url, storage_state=cookies, viewport={"width": WIDE[0], "height": WIDE[1]}
    ).new_page()
    for shot in (one for one in shots if not one.is_public):
        _open(page, shot)
        stops = 0
        while stops < KEY_STOPS:
            page.keyboard.press("Tab")
            stop = page.evaluate(_STOP)
            if stop["end"]:
                break
            stops += 1
            if not stop["ringed"]:
                found.add(f"{shot.name}-keys", f"no visible ring on {stop['what']}")
        print(f"  {shot.name}: {stops} key stops")


_STOP = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return {end: true};
    const styles = [one, one.closest('label'), one.nextElementSibling].filter(Boolean).map(x => getComputedStyle(x));
    const ringed = styles.some(s => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1)
        || s.boxShadow !== 'none');
    return {end: false, ringed, what: `${one.tagName}.${one.className} ${(one.innerText || '').slice(0, 30)}`};
}"""


def _sheet(browser: Browser) -> None:
    """Lay all pictures out on one page, light beside dark, and photograph it."""
    pictures = sorted(path.name for path in OUT.glob("*.png") if path.name != "sheet.png")
    cells = "".join(f'<figure><img src="{name}"><figcaption>{name}</figcaption></figure>' for name in pictures)
    style = (
        "body{margin:16px;font:12px sans-serif;display:grid;grid-template-columns:repeat(4,1fr);gap:12px}"
        "figure{margin:0}img{width:100%;border:1px solid #888}"
    )
    sheet = OUT / "sheet.html"
    sheet.write_text(f"<!doctype html><title>Tour</title><style>{style}</style>{cells}")
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(sheet.as_uri())
    page.wait_for_load_state("load")
    page.screenshot(path=OUT / "sheet.png", full_page=True)
    page.close()


if __name__ == "__main__":
    sys.exit(main())
