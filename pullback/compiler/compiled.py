"""`compile`: a function that runs as straight-line code, written when it is first called."""

from __future__ import annotations

import builtins
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, update_wrapper
from types import FunctionType
from typing import Any, Final, Protocol

from pullback.arguments import any_traced
from pullback.chain import Chain
from pullback.checkpointing import Checkpointed
from pullback.compiler.engines import Engine, engine_called
from pullback.compiler.entry import arguments_text, header
from pullback.compiler.explaining import explained_programs
from pullback.compiler.naming import Names
from pullback.compiler.passes import PASSES, simplified
from pullback.compiler.programs import (
    HELPERS,
    RESERVED,
    Program,
    Workshop,
    form_defaults,
    sharing,
    written,
)
from pullback.compiler.recording import captured, holds_traced, record
from pullback.compiler.signatures import Signature, form_of, leaf_names, sign
from pullback.errors import CompilerWarning, PassError, StaticArgumentError
from pullback.graph.editing import rewritten
from pullback.graph.nodes import Node, short_name
from pullback.lines import line_of_caller

__all__ = ["Compiled", "compile"]


_TRIED: Final = 4
"""So many programs are tried before a signature is looked up."""


class Compiled(Protocol):
    """What `compile` returns: a function, with what can be asked of it."""

    source: str
    """The Python that it runs, of every program that was made so far."""

    def __call__(self, *args: Any, **params: Any) -> Any:
        """What the function that was compiled returns."""

    def explain(self) -> str:
        """Which programs were made, what the passes left of them, and what runs where."""

    def programs(self) -> Sequence[Program]:
        """What was made so far: graphs, sources, and what runs where."""

    def clear(self) -> None:
        """Forget all programs; captured values are then read anew."""


def compile(
    f: Any = None,
    /,
    *,
    static: str | Iterable[str] = (),
    engine: str = "numpy",
    passes: Iterable[str] | None = None,
    most_programs: int = 64,
    most_paths: int = 16,
    **options: Any,
) -> Any:
    """``f`` as straight-line code, which is written at its first call and then run instead.

    A program is made for each structure, shape and dtype of the arguments, and for each path that
    the function takes through its branches. What the function captures (closures, globals) is
    fixed as it was when the program was made.

    Args:
        f: a function, a chain (or list of links), a graph, or a derivative of one, such as
            ``value_and_grad(loss)``. Without it, a decorator is returned.
        static: the names of arguments that a program is made for by their values, such as a
            function or a mode; those that are strings, truth values or ``None`` are it by
            themselves.
        engine: what runs the calls: ``"numpy"``, or what a plugin brings.
        passes: the names of the passes that simplify the graph, all of `pullback.compiler.PASSES`
            if not given.
        most_programs: so many signatures have a program at a time, at least one.
        most_paths: so many paths are compiled for one signature. Beyond, the function itself is
            run, and a `CompilerWarning` says so once.
        options: what the engine offers.

    Returns:
        A function with the arguments and results of ``f``: see `pullback.compiler.Compiled`.

    Raises:
        EngineError: the engine is not known or not installed, or has no such option.
        PassError: a pass is not known.
        StaticArgumentError: when called, if an argument is no number or array and not static, or
            static and without a hash.
        TracerConversionError: when called, if ``f`` makes a plain number of a value.

    >>> from math import exp, sin
    >>> import pullback
    >>> slope = pullback.compile(pullback.grad([sin, sin, exp]))
    >>> slope(2.0)
    -0.562752038662712
    """
    chosen = engine_called(engine)
    chosen.check_options(options)
    names = frozenset((static,) if isinstance(static, str) else static)
    settings = _Settings(names, chosen, _chosen(passes), most_programs, most_paths, options)
    if f is None:
        return partial(_compiled, settings)
    return _compiled(settings, f)


@dataclass(frozen=True)
class _Settings:
    """What `compile` was told."""

    static: frozenset[str]
    engine: Engine
    passes: Sequence[str]
    most_programs: int
    most_paths: int
    options: Mapping[str, Any]


def _chosen(passes: Iterable[str] | None) -> list[str]:
    """The names of passes, in the order in which they run.

    Raises:
        PassError: there is no such pass.
    """
    wanted = frozenset(PASSES if passes is None else passes)
    for name in wanted.difference(PASSES):
        raise PassError(f"there is no pass {name!r}; there is {', '.join(PASSES)}")
    return [name for name in PASSES if name in wanted]


def _compiled(settings: _Settings, f: Any) -> Any:
    if type(f) in (list, tuple):
        f = Chain(f)
    return _Compiler(settings, f).front


def _name_of(f: Any) -> str:
    """The name of the programs of ``f``, as an identifier."""
    of = getattr(f, "__pullback_of__", None)
    if isinstance(f, Chain) or type(f) in (list, tuple):
        name = "chain"
    elif of is not None and "(" in f.__name__:
        name = f"{f.__name__.partition('(')[0]}_{_name_of(of)}"
    else:
        name = short_name(f)
    return Names().free(name if name != "lambda" else "function")


class _Case:
    """The programs for one signature: a first one, and those that turn off from others."""

    __slots__ = ("first", "is_full", "programs")

    def __init__(self, first: Program) -> None:
        self.first = first
        self.programs: list[Program] = [first]
        self.is_full = False


class _Compiler:
    """Makes the programs of one function, and keeps them."""

    def __init__(self, settings: _Settings, f: Any) -> None:
        self.settings = settings
        self.f = f
        self.call: Callable[..., Any] = f
        self.form = form_of(f, RESERVED)
        self.cases: dict[Signature, _Case] = {}
        self.links: list[Any] = []
        """The latest programs, the newest first, each of which goes on with the one behind it."""
        self.lock = threading.RLock()
        self.inner: dict[Checkpointed, Any] = {}
        """What is computed again, each compiled by itself."""
        self.name = _name_of(f)
        self._check_static()
        always: dict[str, Any] = {
            **HELPERS,
            "__name__": __name__,  # so that it is not taken for a user's module
            "__builtins__": builtins,  # C functions that import something look for it
        }
        namespace = {"elsewhere": self.elsewhere, **always}
        self.front: Any = self._new_front(namespace)
        names = Names((*RESERVED, *(p.name for p in self.form.parameters), self.name))
        self.shop = Workshop(self.name, self.form, captured(f), namespace, names, {}, always)

    def _check_static(self) -> None:
        known = [parameter.name for parameter in self.form.parameters]
        for name in () if self.form.is_open else self.settings.static.difference(known):
            raise StaticArgumentError(
                f"{name} is to be static, and {self.name} has no such argument; it has "
                f"{', '.join(known) or 'none'}"
            )

    def _new_front(self, namespace: dict[str, Any]) -> Any:
        """The function that is handed out: its code becomes that of the latest program."""
        form = self.form
        source = f"{header(self.name, form)}\n    return elsewhere({arguments_text(form)})\n"
        scope: dict[str, Any] = {}
        exec(source, scope)
        front = FunctionType(scope[self.name].__code__, namespace, self.name)
        front.__defaults__, front.__kwdefaults__ = form_defaults(form)
        if callable(self.f) and hasattr(self.f, "__name__"):
            kept = front.__defaults__, front.__kwdefaults__
            update_wrapper(front, self.f, updated=())
            front.__defaults__, front.__kwdefaults__ = kept
        front.source = ""  # type: ignore[attr-defined]
        front.explain = self.explain  # type: ignore[attr-defined]
        front.programs = self.programs  # type: ignore[attr-defined]
        front.clear = self.clear  # type: ignore[attr-defined]
        front.__pullback_of__ = self.f  # type: ignore[attr-defined]
        return front

    def elsewhere(self, *args: Any, **params: Any) -> Any:
        """A call that the latest program is not for."""
        signature, varying = sign(self.form, args, params, self.settings.static)
        if any_traced(varying):
            return self.call(*args, **params)
        case = self.cases.get(signature)
        if case is None:
            with self.lock:
                case = self.cases.get(signature) or self._new_case(signature, varying, args, params)
        if case is None:
            return self.call(*args, **params)
        return case.first.function(*args, **params)

    def _new_case(
        self,
        signature: Signature,
        varying: Sequence[Any],
        args: Sequence[Any],
        params: Mapping[str, Any],
    ) -> _Case | None:
        """The case of a signature; ``None`` where what is computed is being differentiated."""
        first = self._program(signature, varying, args, params)
        if first is None:
            return None
        case = _Case(first)
        while len(self.cases) >= max(self.settings.most_programs, 1):
            del self.cases[next(iter(self.cases))]
        self.cases[signature] = case
        self._put_first(case.first.function)
        self._show()
        return case

    def _put_first(self, function: Any) -> None:
        """Have the front run this program, and where it does not fit some that were made before.

        To look up a signature takes several microseconds, and to try a program a tenth of one.
        """
        scope = {**function.__globals__, "elsewhere": self.elsewhere}
        link = FunctionType(function.__code__, scope, self.name, function.__defaults__)
        link.__kwdefaults__ = function.__kwdefaults__
        self.links = [link, *self.links[: _TRIED - 1]]
        for one, following in zip(self.links, [*self.links[1:], self.elsewhere], strict=True):
            one.__globals__["elsewhere"] = following
        self.shop.namespace["elsewhere"] = scope["elsewhere"]
        self.front.__code__ = function.__code__
        self.shop.forget(self.front)

    def _program(
        self,
        signature: Signature,
        varying: Sequence[Any],
        args: Sequence[Any],
        params: Mapping[str, Any],
    ) -> Program | None:
        """Record the function on these arguments, simplify, and write what is left.

        Returns:
            ``None`` where the function captures a value that another trace records: a program
            would keep it longer than that trace lasts.
        """
        settings, shop = self.settings, self.shop
        names = leaf_names(signature, (*args, *params.values()), shop.namespace)
        recorded = record(self.f, self.name, signature, names, varying)
        if holds_traced(recorded):
            return None
        shared = sharing(recorded)
        graph = rewritten(simplified(recorded, settings.passes), self._inside)
        lowered = settings.engine.lower(graph, settings.options)
        program = Program(signature, recorded, graph, lowered.parts, "", lowered.source, self.call)

        def turned(place: int, answer: Any, args: Any, params: Any) -> Any:
            return self._turn(program, place, answer, args, params)

        careful = None
        if lowered.careful is not None:
            careful = self._later(lowered.careful, signature, names, shared, turned)
        program.function, program.source = written(
            lowered.graph, signature, names, shared, shop, turned, careful, lowered.checked
        )
        return program

    def _inside(self, node: Node) -> Node:
        """A call of a checkpointed function, as one of what it is compiled to by itself."""
        function = node.function
        if isinstance(function, Checkpointed):
            if function not in self.inner:
                inner = replace(self.settings, static=frozenset())
                self.inner[function] = _Compiler(inner, function.function).front
            node.function = self.inner[function]
        return node

    def _later(self, graph: Any, *rest: Any) -> Callable[..., Any]:
        """A graph as a function that is written when it is first called."""
        signature, names, shared, turned = rest
        made: list[Callable[..., Any]] = []

        def carefully(*args: Any, **params: Any) -> Any:
            if not made:
                with self.lock:
                    made.append(
                        written(graph, signature, names, shared, self.shop, turned, None)[0]
                    )
            return made[0](*args, **params)

        return carefully

    def _turn(
        self, program: Program, place: int, answer: Any, args: Any, params: Mapping[str, Any]
    ) -> Any:
        """Go on where a guard of a program has another answer: by the program of that path."""
        turn = (place, answer)
        following = program.turns.get(turn)
        if following is None:
            with self.lock:
                following = program.turns.get(turn)
                case = self.cases.get(program.signature)
                if following is None and case is not None:
                    following = self._new_path(case, program, turn, args, params)
        if following is None:
            return self.call(*args, **params)
        return following.function(*args, **params)

    def _new_path(
        self, case: _Case, program: Program, turn: Any, args: Any, params: Mapping[str, Any]
    ) -> Program | None:
        if len(case.programs) >= self.settings.most_paths:
            if not case.is_full:
                case.is_full = True
                _warn(
                    f"{self.name} takes more than {self.settings.most_paths} paths through its "
                    "branches: from now on the function itself is run on those that are not "
                    "compiled. Write np.where for branches on values, or say "
                    "compile(f, most_paths=...)"
                )
            return None
        _, varying = sign(self.form, args, params, self.settings.static)
        following = self._program(program.signature, varying, args, params)
        if following is None:
            return None
        case.programs.append(following)
        program.turns[turn] = following
        self._show()
        return following

    def _show(self) -> None:
        sources = [program.source for program in self.programs()]
        self.front.source = "\n\n".join(sources)

    def programs(self) -> tuple[Program, ...]:
        """Every program that was made so far."""
        return tuple(program for case in self.cases.values() for program in case.programs)

    def explain(self) -> str:
        """Which programs were made, what the passes left of them, and what runs where."""
        return explained_programs(self.name, self.settings.engine.name, self.programs())

    def clear(self) -> None:
        """Forget all programs; captured values are then read anew."""
        with self.lock:
            self.cases.clear()
            self.links.clear()
            self.shop.namespace["elsewhere"] = self.elsewhere
            self.shop.captured = captured(self.f)
            source = f"{header(self.name, self.form)}\n    return elsewhere("
            source += f"{arguments_text(self.form)})\n"
            scope: dict[str, Any] = {}
            exec(source, scope)
            self.front.__code__ = scope[self.name].__code__
            self.front.source = ""


def _warn(message: str) -> None:
    """Warn, at the line that calls what is compiled."""
    path, line = line_of_caller() or ("<unknown>", 0)
    warnings.warn_explicit(message, CompilerWarning, path, line)
