"""A headless Chromium with pages of graphs, which ask for nothing more and report no errors."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from pullback import trace
from pullback.drawing.page import page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


def nine_nodes(x1, x2):
    return np.exp(2 * x1) + x1 * x2**2 + np.cos(x2)


@pytest.fixture(scope="session")
def browser():
    """The browser that is installed; it is started once."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.fail(
            f"these tests drive a real browser, and none of {', '.join(NAMES)} is on the PATH. "
            "Install one, such as by `apt install chromium`, and run `tox -e browser` again"
        )
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"] if as_root else []
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def run():
    """The run of nine nodes at (1, 2), with its cotangents, and its tangents along x1."""
    run = trace(nine_nodes, 1.0, 2.0).run(1.0, 2.0)
    run.reverse()
    run.forward(x1=1.0)
    return run


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory):
    """The folder of the screenshots, to be looked at."""
    folder = os.environ.get("PULLBACK_SCREENSHOTS")
    return Path(folder) if folder else tmp_path_factory.mktemp("screenshots")


@pytest.fixture
def visit(browser, tmp_path):
    """``visit(graph, run)``: the page of it, opened in the browser.

    When the test is over, the page must have asked for nothing but itself, and there must be
    neither errors nor warnings.
    """
    requests, complaints, contexts, files = [], [], [], []

    def open_page(graph, run=None, *, size="desktop", **context):
        file = tmp_path / f"{len(files)}.html"
        file.write_text(page(graph, run), encoding="utf-8")
        width, height = SIZES[size]
        context = {"reduced_motion": "reduce", **context}
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **context))
        shown = contexts[-1].new_page()
        shown.set_default_timeout(10_000)
        shown.on("request", lambda request: requests.append(request.url))
        shown.on("console", lambda message: complaints.append(message.text))
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.goto(file.as_uri())
        files.append(file.as_uri())
        return shown

    yield open_page
    for context in contexts:
        context.close()
    assert requests == files
    assert complaints == []
