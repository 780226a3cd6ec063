"""Find where a NaN, an infinity or an error comes from: `debug`.

While it is on, a watcher stands between the engine and every rule. It looks at what goes into a
rule and its pullback and at what comes out, and remembers the line of the program. While it is off
there is nothing there, so it costs nothing.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any, Final

from pullback import registry
from pullback.errors import CapturedArrayError, NonFiniteError
from pullback.lines import Line, frame_of_caller, line_of_caller, location
from pullback.names import name_of
from pullback.plugins import load
from pullback.registry import Claim
from pullback.spaces import Deferred, array_types, keepers, plain

__all__ = ["debug"]


@dataclass(slots=True)
class _Session:
    """What one ``with debug()`` asks for, and has seen."""

    infinities: bool
    captured: dict[int, _Captured] = field(default_factory=dict)
    """Id of the copy that a pullback holds -> the array that it was made of."""


@dataclass(frozen=True, slots=True)
class _Captured:
    """An array that a traced program used, which it or somebody else may write to."""

    original: Any
    copy: Any
    name: str | None
    line: Line | None


_session: Final[ContextVar[_Session | None]] = ContextVar("pullback_debug", default=None)
_lock: Final = RLock()
_on: list[_Session] = []


@contextmanager
def debug(*, infinities: bool = True) -> Iterator[None]:
    """Within it, the first value or cotangent that is not finite raises, and says where it is.

    An error that a rule or a pullback raises gets a note with the primitive, the provider of the
    rule, and the line of the program. An array that is written to after a traced program has
    used it is named when its pullback runs; without ``debug`` the pullback silently goes by the
    value that the array had.

    Only the thread that is in the ``with`` is watched.

    Args:
        infinities: whether infinities count, or NaN alone.

    Raises:
        NonFiniteError: in the watched program.
        CapturedArrayError: in the watched program.

    >>> import numpy as np
    >>> import pullback
    >>> with pullback.debug():
    ...     pullback.grad(lambda x: np.sum(np.sqrt(x)))(np.array([1.0, 0.0]))
    Traceback (most recent call last):
    pullback.errors.NonFiniteError: the pullback of numpy.sqrt gives a cotangent of argument 0 ...
    """
    load()
    session = _Session(infinities)
    token = _session.set(session)
    _switch(session, on=True)
    try:
        yield
    finally:
        _session.reset(token)
        _switch(session, on=False)


def _switch(session: _Session, *, on: bool) -> None:
    """Put the watchers in with the first session, and take them out with the last."""
    with _lock:
        if on:
            _on.append(session)
        else:
            _on.remove(session)
        if on and len(_on) == 1:
            registry.watchers.append(_watched)
            _keepers.update(keepers)
            keepers.update({kind: _watched_keeper(keep) for kind, keep in _keepers.items()})
        elif not _on:
            registry.watchers.remove(_watched)
            keepers.update(_keepers)
            _keepers.clear()
        else:
            return
        registry.settle()


_keepers: Final[dict[type, Any]] = {}


def _watched_keeper(keep: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """What remembers of which array a copy was made."""

    def keep_watched(constant: Any, kept: dict[int, Any]) -> Any:
        copy = keep(constant, kept)
        session = _session.get()
        if session is not None and copy is not constant and not isinstance(copy, list):
            captured = _Captured(constant, copy, _name_in_program(constant), line_of_caller())
            session.captured.setdefault(id(copy), captured)
        return copy

    return keep_watched


def _name_in_program(value: Any) -> str | None:
    """The variable of the running function, or of its module, that holds ``value``."""
    frame = frame_of_caller()
    for names in () if frame is None else (frame.f_locals, frame.f_globals):
        for name, found in names.items():
            if found is value:
                return str(name)
    return None


def _watched(claim: Claim) -> Claim:
    """A claim whose rule is watched."""
    rule = claim.rule
    if hasattr(rule.function, "nondifferentiable"):
        return claim
    watch = _Watch(claim)
    pushforward = None if rule.pushforward is None else watch.pushforward
    return replace(claim, rule=replace(rule, function=watch, pushforward=pushforward))


class _Watch:
    """A rule function that looks at what it is given, and at what it returns."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.__wrapped__ = claim.rule.function  # of which `inspect` tells the signature

    def __call__(self, *args: Any, **params: Any) -> tuple[Any, Any]:
        session = _session.get()
        if session is None:
            return self.claim.rule.function(*args, **params)
        line = line_of_caller()
        with self._noted("the rule", line):
            y, pullback = self.claim.rule.function(*args, **params)
        self._check(session, y, "returns a value", line, args)
        if pullback is None:
            return y, None
        captured = [session.captured[id(arg)] for arg in args if id(arg) in session.captured]
        if type(pullback) is tuple:
            return y, tuple(
                None if back is None else self._pullback(session, back, line, captured, place)
                for place, back in enumerate(pullback)
            )
        return y, self._pullback(session, pullback, line, captured, None)

    def pushforward(
        self, primals: Sequence[Any], tangents: Sequence[Any], **params: Any
    ) -> tuple[Any, Any]:
        """The pushforward of the rule, watched."""
        pushforward: Any = self.claim.rule.pushforward
        session = _session.get()
        if session is None:
            return pushforward(primals, tangents, **params)  # type: ignore[no-any-return]
        line = line_of_caller()
        with self._noted("the pushforward", line):
            y, tangent = pushforward(primals, tangents, **params)
        self._check(session, y, "returns a value", line, primals)
        self._check(session, tangent, "gives a tangent", line, tangents)
        return y, tangent

    def _pullback(
        self,
        session: _Session,
        pullback: Callable[[Any], Any],
        line: Line | None,
        captured: Sequence[_Captured],
        place: int | None,
    ) -> Callable[[Any], Any]:
        def watched_pullback(cotangent: Any) -> Any:
            for array in captured:
                self._check_unchanged(array, line)
            with self._noted("the pullback", line):
                found = pullback(cotangent)
            several = place is None and type(found) is tuple
            for number, item in enumerate(found) if several else [(place or 0, found)]:
                what = f"gives a cotangent of argument {number}"
                self._check(session, item, what, line, [cotangent], of="the pullback of ")
            return found

        watched_pullback.__name__ = getattr(pullback, "__name__", "pullback")
        return watched_pullback

    def _check(
        self,
        session: _Session,
        value: Any,
        what: str,
        line: Line | None,
        given: Sequence[Any],
        *,
        of: str = "",
    ) -> None:
        found = _nonfinite(session, value)
        if found is None:
            return
        bad = [place for place, item in enumerate(given) if _nonfinite(session, item)]
        if not bad:
            source = "all that it was given is finite"
        elif of:
            source = "the cotangent that it was given is not finite already"
        else:
            source = f"argument {bad[0]} is not finite already"
        raise NonFiniteError(
            f"{of}{name_of(self.claim.rule.primitive)} {what} that is not finite: {found}; "
            f"{source}.\n{self._origin(line)}"
        )

    def _check_unchanged(self, array: _Captured, line: Line | None) -> None:
        array_type = array_types[type(array.copy)]
        if array_type.is_same(array.original, array.copy):
            return
        name = f"the array {array.name!r}" if array.name else "an array"
        raise CapturedArrayError(
            f"{name} was changed after {name_of(self.claim.rule.primitive)} had used it, and "
            "before its pullback ran. The derivative is that at the old value; give the program a "
            f"copy, or build a new array instead of writing.\n{self._origin(array.line)}"
        )

    @contextmanager
    def _noted(self, what: str, line: Line | None) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            notes = getattr(error, "__notes__", ())
            if not isinstance(error, (NonFiniteError, CapturedArrayError)) and not notes:
                name = name_of(self.claim.rule.primitive)
                error.add_note(f"in {what} of {name}.\n{self._origin(line)}")
            raise

    def _origin(self, line: Line | None) -> str:
        file, number = location(self.claim.rule.source)
        rule = f"  rule of {self.claim.provider}" + (f", {file}:{number}" if file else "")
        if line is None:
            return rule
        code = linecache.getline(*line).strip()
        return f"  called at {line[0]}:{line[1]}" + (f": {code}\n" if code else "\n") + rule


def _nonfinite(session: _Session, value: Any) -> str | None:
    """What is not finite in a value, or in one of the members of a tuple."""
    if isinstance(value, (tuple, list)):
        return next((found for item in value if (found := _nonfinite(session, item))), None)
    value = plain(value)
    if isinstance(value, Deferred) or type(value) not in array_types:
        return None
    return array_types[type(value)].nonfinite(value, infinities=session.infinities)
