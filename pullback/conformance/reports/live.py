"""What is shown while rules are checked: a bar on a terminal, and lines, which stay.

Results come in any order. Lines come in the order of the rules, so that two logs can be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullback.conformance.reports import as_text
from pullback.conformance.results import Report, RuleResult
from pullback.conformance.targets import Selection

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

__all__ = ["Display"]


class Display:
    """Shows one run.

    Args:
        selection: what is to be checked.
        verbosity: -1 for failures and the summary alone, 0 for a line for each plugin as well, 1
            for a line for each rule.
        console: where it is shown.
    """

    def __init__(self, selection: Selection, verbosity: int, console: Console) -> None:
        self.verbosity = verbosity
        self.console = console
        self.plugins = {plugin.name: plugin for plugin in selection.plugins}
        self.order = [(reference.provider, reference.rule) for reference in selection.references]
        self.shown = 0
        """How many rules of `order` have had their line."""
        self.done = 0
        self.failed = 0
        self.results: dict[tuple[str, str], list[RuleResult]] = {}
        self.bar: Progress | None = None

    def __enter__(self) -> Display:
        if self.console.is_terminal and self.verbosity >= 0:
            from rich import progress

            self.bar = progress.Progress(
                progress.TextColumn("checking"),
                progress.BarColumn(),
                progress.MofNCompleteColumn(),
                progress.TextColumn("{task.fields[failed]} failed"),
                progress.TimeElapsedColumn(),
                console=self.console,
                transient=True,
            )
            self.bar.add_task("", total=len(self.order), failed=0)
            self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def add(self, result: RuleResult) -> None:
        """Show a result, or keep it until those before it are there."""
        key = result.provider, result.rule
        self.results.setdefault(key, []).append(result)
        self.done += key in self.order
        self.failed += sum(not outcome.good for outcome in result.outcomes)
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=self.done, failed=self.failed)
        while self.shown < len(self.order) and self._is_ready(self.shown):
            self._show_next()

    def finish(self, report: Report) -> None:
        """Show what has had no line yet, the failures and the summary."""
        while self.shown < len(self.order):
            self._show_next()
        for name in [*self.plugins]:
            self._show_plugin(name)
        for result, outcome in report.failures():
            head, *rest = as_text.failure(result, outcome).split("\n")
            self._print(f"\n{head}" if self.verbosity >= 0 else head, "bold red")
            self._print("\n".join(rest))
        good = not (self.failed or report.problems or report.interrupted)
        *lines, ended, total = as_text.summary(report, verbose=self.verbosity > 0).split("\n")
        if self.verbosity >= 0:
            self._print("")
        for line in lines:
            self._print(line)
        self._print(ended, "bold green" if good else "bold red")
        self._print(total)

    def _place(self, number: int) -> int:
        """Which of the rules of its name that one is."""
        return self.order[:number].count(self.order[number])

    def _is_ready(self, number: int) -> bool:
        return len(self.results.get(self.order[number], ())) > self._place(number)

    def _show_next(self) -> None:
        key = self.order[self.shown]
        if self.verbosity > 0 and self._is_ready(self.shown):
            self._print(as_text.rule_line(self.results[key][self._place(self.shown)]))
        self.shown += 1
        if self.shown == len(self.order) or self.order[self.shown][0] != key[0]:
            self._show_plugin(key[0])

    def _show_plugin(self, name: str) -> None:
        plugin = self.plugins.pop(name, None)
        if plugin is not None and self.verbosity >= 0:
            own = [
                result
                for (provider, _), found in self.results.items()
                for result in found
                if provider == name
            ]
            self._print(as_text.plugin_line(plugin, own))

    def _print(self, text: str, style: str | None = None) -> None:
        # Never folded: an example and a command must stay fit for pasting.
        self.console.print(text, style=style, soft_wrap=True)
