"""The pages of the documentation, taken apart into their fenced blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from pullback import registry

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    """The number of the fence's line, from 1; the source starts on the next line."""
    kind: str
    """What stands behind the fence: ``python``, ``console``, ``{code-block} python``."""
    source: str

    @property
    def place(self) -> str:
        """Where the block is, as ``docs/tutorial.md:12``."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One Markdown file of the documentation."""

    path: Path

    @property
    def name(self) -> str:
        """The path from the root of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        """The whole page."""
        return self.path.read_text(encoding="utf-8")

    def blocks(self) -> Iterator[Block]:
        """The fenced blocks, in order."""
        for token in MarkdownIt("commonmark").parse(self.text):
            if token.type == "fence":
                assert token.map is not None
                yield Block(self.path, token.map[0] + 1, token.info.strip(), token.content)

    def links(self) -> Iterator[str]:
        """What the page's links and images point at."""
        for token in MarkdownIt("commonmark").parse(self.text):
            for part in token.children or ():
                for attribute in ("href", "src"):
                    if attribute in part.attrs:
                        yield str(part.attrs[attribute])


def all_pages() -> list[Page]:
    """The README and every page of the site."""
    site = [path for path in DOCS.rglob("*.md") if "_build" not in path.parts]
    return [Page(path) for path in [ROOT / "README.md", *sorted(site)]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes a ``page`` once for each page."""
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", all_pages(), ids=lambda page: page.name)


@pytest.fixture
def pages() -> dict[str, Page]:
    """Every page, by its path from the root of the repository."""
    return {page.name: page for page in all_pages()}


@pytest.fixture
def own_rules() -> Iterator[None]:
    """Forget afterwards what the test registered."""
    before = [*registry.claims]
    yield
    added = [claim for claim in registry.claims if claim.provider == registry.USER]
    if added:
        registry.claims[:] = [claim for claim in registry.claims if claim not in added]
        registry.claims.extend(claim for claim in before if claim.provider == registry.USER)
        registry.settle()
