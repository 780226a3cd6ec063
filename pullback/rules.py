"""Declare rules: `rule`, `elementwise`, `nondifferentiable`, and `primitive` for their bodies.

Declaring registers nothing. A plugin hands its rules over in its hook, a notebook calls
`pullback.register`.
"""

from __future__ import annotations

import linecache
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from inspect import Parameter, signature
from itertools import count
from typing import Any, Final, TypeVar

from pullback.arguments import any_traced
from pullback.errors import DerivativeNotImplementedError, RuleError
from pullback.names import name_of
from pullback.registry import Rule, RuleFunction, caller, unwrap
from pullback.spaces import undifferentiated
from pullback.tracer import apply_function

__all__ = ["elementwise", "nondifferentiable", "not_implemented", "primitive", "rule"]

F = TypeVar("F", bound=Callable[..., Any])

_CALL_DUNDERS: Final = (abs, divmod, pow, round, math.floor, math.ceil, math.trunc)
_PRIMAL_NAMES: Final = {1: ("x",), 2: ("a", "b"), 3: ("a", "b", "c")}


def primitive(function: F) -> F:
    """``function``, made to dispatch: traced arguments go to its rule, others straight to it.

    Functions that know nothing of tracers (``math.sin``, C extensions, a solver of yours) are
    called through this, in a rule's body as in a traced program.

    Args:
        function: any callable. Traced values may be positional arguments, keyword arguments that
            its rule names, or members of lists and tuples among them.

    Raises:
        MissingRuleError: when called with a traced value and no rule is registered.

    >>> import math
    >>> import pullback
    >>> sin = pullback.primitive(math.sin)
    >>> sin(0.0)
    0.0
    >>> pullback.val_and_grad(lambda x: 2.0 * sin(x), 0.0)
    (0.0, 2.0)
    """
    raw = unwrap(function)
    if _dispatches(raw):
        return raw  # type: ignore[no-any-return]

    def call(*args: Any, **params: Any) -> Any:
        if any_traced(args) or (params and any_traced(params.values())):
            return apply_function(raw, args, params)
        return raw(*args, **params)

    def call_with_one(x: Any) -> Any:
        return raw(x) if type(x) is float else call(x)

    dispatching = call_with_one if _takes_one(raw) else call
    update_wrapper(dispatching, raw)
    dispatching.__pullback_primitive__ = raw  # type: ignore[attr-defined]
    return dispatching  # type: ignore[return-value]


def _takes_one(function: Any) -> bool:
    """Whether ``function`` takes one argument, so that its wrapper can be the fast one."""
    try:
        (parameter,) = signature(function).parameters.values()
    except (TypeError, ValueError):  # not one parameter, or a builtin that does not tell
        return False
    return parameter.kind is Parameter.POSITIONAL_ONLY


def _dispatches(function: Any) -> bool:
    """Whether ``function`` finds its way to the tracer by itself, through a protocol."""
    is_ufunc = hasattr(function, "reduceat")
    is_array_function = hasattr(function, "_implementation")
    is_operator = getattr(function, "__module__", None) == "_operator"
    return is_ufunc or is_array_function or is_operator or function in _CALL_DUNDERS


def rule(
    primitive: Any,
    *,
    domain: Any = None,
    signature: str | None = None,
    points: Mapping[Any, Any] | None = None,
    differentiable: Sequence[str] | None = None,
    not_implemented: Mapping[str, str] | None = None,
    pushforward: Callable[..., tuple[Any, Any]] | None = None,
    linear: int = 0,
    override: bool = False,
) -> Callable[[RuleFunction], Rule]:
    """Declare the decorated function as the rule of ``primitive``.

    The function takes the primals and parameters of the primitive, by the same names, and returns
    ``(y, pullback)``. The pullback takes the cotangent of ``y`` and returns the cotangent of the
    one positional primal, or a tuple with one for each (``None`` where there is none). Instead of
    one pullback for several primals the rule may return a tuple of closures, one for each primal;
    only those whose primal is differentiated are called. A cotangent may have the broadcast shape
    and another dtype: the engine projects it.

    Args:
        primitive: the callable, or class attribute such as ``ndarray.T``.
        domain: where the primals live, in words of `pullback.domains`; a tuple for several.
        signature: shapes in NumPy's gufunc notation, ``"(n,n),(n,k)->(n,k)"``.
        points: primal (or tuple of primals) -> derivative, where that is a convention.
        differentiable: the names of the differentiable arguments, where not all are.
        not_implemented: argument -> why its derivative is not written yet.
        pushforward: ``(primals, tangents, **params) -> (y, y_tangent)``, where that is faster
            than the transpose of the pullback; ``NotImplemented`` where it is not known.
        linear: 1 for a primitive that is linear in its first argument, which is its only primal,
            and 2 for a product, linear in each of its first two. The tangent of its output is
            then computed by the primitive itself.
        override: replaces another provider's rule on purpose.

    >>> import pullback
    >>> @pullback.primitive
    ... def area(width, height):
    ...     return width * height
    >>> @pullback.rule(area)
    ... def area_rule(width, height):
    ...     y = area(width, height)
    ...
    ...     def area_pullback(ct):
    ...         return ct * height, ct * width
    ...
    ...     return y, area_pullback
    >>> pullback.register(area_rule)
    >>> pullback.val_and_grad(area, 2.0, 3.0)
    (6.0, (3.0, 2.0))
    """

    def declare(function: RuleFunction) -> Rule:
        declared = Rule(
            primitive=unwrap(primitive),
            function=function,
            domain=domain,
            signature=signature,
            points=dict(points or {}),
            differentiable=None if differentiable is None else tuple(differentiable),
            not_implemented=dict(not_implemented or {}),
            pushforward=pushforward,
            linear=linear,
            override=override,
            source=function,
        )
        return declared

    return declare


def not_implemented(reason: str) -> Callable[[Any], Any]:
    """A pullback for an argument whose derivative is not written: it raises when it is needed.

    >>> import pullback
    >>> pullback.not_implemented("the derivative by the order is not known")(1.0)
    Traceback (most recent call last):
    pullback.errors.DerivativeNotImplementedError: the derivative by the order is not known
    """

    def not_implemented_pullback(y_cotangent: Any) -> Any:
        raise DerivativeNotImplementedError(reason)

    return not_implemented_pullback


def nondifferentiable(*primitives: Any, override: bool = False) -> tuple[Rule, ...]:
    """Declare that traced values pass through ``primitives`` as plain values.

    For functions that are piecewise constant, or that return something that is not a number.

    >>> import math
    >>> import pullback
    >>> pullback.nondifferentiable(math.floor, math.ceil)
    (<rule of math.floor>, <rule of math.ceil>)
    """
    caller = sys._getframe(1)  # a builtin has no place of its own
    return tuple(
        Rule(
            primitive=unwrap(function),
            function=_constant_rule(unwrap(function)),
            differentiable=(),
            override=override,
            source=(caller.f_code.co_filename, caller.f_lineno),
        )
        for function in primitives
    )


def _constant_rule(function: Any) -> RuleFunction:
    call = caller(function)

    def constant_rule(*args: Any, **params: Any) -> tuple[Any, None]:
        args = tuple(map(_undifferentiated, args))
        params = {name: _undifferentiated(value) for name, value in params.items()}
        if any_traced(args) or any_traced(params.values()):  # by a graph
            return apply_function(function, args, params), None
        return call(*args, **params), None

    constant_rule.nondifferentiable = True  # type: ignore[attr-defined]
    return constant_rule


def _undifferentiated(value: Any) -> Any:
    if type(value) in (list, tuple):
        return type(value)(map(_undifferentiated, value))
    return undifferentiated(value)


_RULE_TEMPLATE: Final = """\
def {name}_rule({primals}):
    y = {call}
{pullbacks}
    return y, {result}
"""
_PULLBACK_TEMPLATE: Final = """\
    def {pullback}(ct):
        return formula_{place}({names})
"""
_PUSHFORWARD_TEMPLATE: Final = """\
def {name}_pushforward(values, tangents):
    {primals}, = values
    {tangents}, = tangents
    y = primal({primals})
    total = None
{terms}
    return y, total
"""
_declared: Final = count()


def elementwise(
    function: Any,
    *formulas: Callable[..., Any] | None,
    domain: Any = None,
    points: Mapping[Any, Any] | None = None,
    override: bool = False,
) -> Rule:
    """Declare the rule of a function that acts on each element by itself.

    Each formula gives the cotangent of one primal. It asks for what it needs **by name**: ``ct``
    for the cotangent of the output, ``y`` for the output, and the primals as ``x`` (one primal)
    or ``a, b, c`` (several). Only what a formula names is kept until the reverse pass, so
    ``lambda ct, y: ct * y`` does not hold on to ``x``. The same formulas, applied to tangents
    and added up, are the pushforward: an elementwise Jacobian is diagonal.

    Args:
        function: the primitive; ``function(*primals)``.
        formulas: one for each primal, each linear in ``ct``; ``None`` for a primal that is not
            differentiable.
        domain: where the primals live, in words of `pullback.domains`; a tuple for several.
        points: primal (or tuple of primals) -> derivative, where that is a convention.
        override: replaces another provider's rule on purpose.

    Raises:
        RuleError: a formula names something else.

    >>> import math
    >>> import pullback
    >>> cos = pullback.primitive(math.cos)
    >>> sin = pullback.elementwise(math.sin, lambda ct, x: ct * cos(x))
    >>> y, sin_pullback = sin(0.0)
    >>> y, sin_pullback(1.0), sin_pullback.__name__
    (0.0, 1.0, 'sin_pullback')
    """
    raw = unwrap(function)
    primals = _PRIMAL_NAMES.get(len(formulas))
    if primals is None:
        raise RuleError(
            f"elementwise({name_of(raw)}) was given {len(formulas)} formulas; it takes one for "
            "each primal, one to three. Write @rule for anything else."
        )
    wanted = [
        None if formula is None else _names_of(formula, ("ct", "y", *primals), raw)
        for formula in formulas
    ]
    rule_function = _compile(raw, primals, formulas, wanted)
    return Rule(
        primitive=raw,
        function=rule_function,
        domain=domain,
        points=dict(points or {}),
        differentiable=tuple(
            name for name, formula in zip(primals, formulas, strict=True) if formula is not None
        ),
        pushforward=_pushforward(primitive(raw), primals, formulas, wanted),
        override=override,
        elementwise=True,
        source=next((formula for formula in formulas if formula is not None), function),
    )


def _names_of(
    formula: Callable[..., Any], allowed: tuple[str, ...], function: Any
) -> tuple[str, ...]:
    parameters = signature(formula).parameters.values()
    names = tuple(parameter.name for parameter in parameters)
    plain_names = all(p.kind is Parameter.POSITIONAL_OR_KEYWORD for p in parameters)
    if not plain_names or "ct" not in names or not set(names) <= set(allowed):
        raise RuleError(
            f"a formula of {name_of(function)} takes ({', '.join(names)}); "
            f"it takes ct, and by name what it needs of {', '.join(allowed[1:])}"
        )
    return names


def _compile(
    function: Any,
    primals: tuple[str, ...],
    formulas: Sequence[Callable[..., Any] | None],
    wanted: Sequence[tuple[str, ...] | None],
) -> RuleFunction:
    """The rule function, written out as Python: it keeps what the formulas name and no more.

    A generic closure would have to pass the residuals as ``*args``, which measures 25 % slower
    for a scalar, and every pullback would have the same name in tracebacks and profiles.
    """
    name = "".join(letter if letter.isalnum() else "_" for letter in _short_name(function))
    single = len(primals) == 1
    pullbacks = []
    results = []
    for place, (primal, names) in enumerate(zip(primals, wanted, strict=True)):
        pullback = f"{name}_pullback" if single else f"{name}_pullback_{primal}"
        results.append("None" if names is None else pullback)
        if names is not None:
            pullbacks.append(
                _PULLBACK_TEMPLATE.format(pullback=pullback, place=place, names=", ".join(names))
            )
    dispatching = primitive(function)
    call = f"primal({', '.join(primals)})"
    if single and dispatching is not function:
        call = f"raw(x) if type(x) is float else {call}"
    source = _RULE_TEMPLATE.format(
        name=name,
        call=call,
        primals=", ".join(primals),
        pullbacks="".join(pullbacks),
        result=results[0] if single else f"({', '.join(results)})",
    )
    namespace: dict[str, Any] = {"primal": dispatching, "raw": function}
    namespace.update((f"formula_{place}", formula) for place, formula in enumerate(formulas))
    rule_function: RuleFunction
    rule_function = _written(source, f"of {name_of(function)}", f"{name}_rule", namespace)
    return rule_function


def _short_name(function: Any) -> str:
    return getattr(function, "__name__", None) or type(function).__name__


def _pushforward(
    function: Callable[..., Any],
    primals: tuple[str, ...],
    formulas: Sequence[Callable[..., Any] | None],
    wanted: Sequence[tuple[str, ...] | None],
) -> Callable[..., tuple[Any, Any]]:
    """The formulas, applied to the tangents and added up; written out like the rule."""
    name = "".join(letter if letter.isalnum() else "_" for letter in _short_name(function))
    terms = []
    for place, (primal, names) in enumerate(zip(primals, wanted, strict=True)):
        if names is not None:
            given = ", ".join(
                f"{name}={primal}_tangent" if name == "ct" else f"{name}={name}" for name in names
            )
            terms.append(
                f"    if {primal}_tangent is not None:\n"
                f"        term = formula_{place}({given})\n"
                "        total = term if total is None else total + term\n"
            )
    source = _PUSHFORWARD_TEMPLATE.format(
        name=name,
        primals=", ".join(primals),
        tangents=", ".join(f"{primal}_tangent" for primal in primals),
        terms="".join(terms),
    )
    namespace: dict[str, Any] = {"primal": function}
    namespace.update((f"formula_{place}", formula) for place, formula in enumerate(formulas))
    what = f"pushforward of {name_of(function)}"
    pushforward: Callable[..., tuple[Any, Any]]
    pushforward = _written(source, what, f"{name}_pushforward", namespace)
    return pushforward


def _written(source: str, what: str, name: str, namespace: dict[str, Any]) -> Any:
    """The function ``name`` of a source text, which tracebacks and debuggers can show."""
    filename = f"<rule {next(_declared)} {what}>"
    namespace["__name__"] = __name__  # so that it is not taken for a user's module
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)
    return namespace[name]


def diagonal(rule: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Any]]:
    """The pushforward of a rule that acts on each element by itself: a diagonal is its transpose.

    Args:
        rule: returns a tuple of pullbacks, one for each primal.
    """

    def diagonal_pushforward(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        y, pullbacks = rule(*primals)
        terms = [
            pullback(tangent)
            for pullback, tangent in zip(pullbacks, tangents, strict=True)
            if tangent is not None
        ]
        return y, terms[0] if len(terms) == 1 else terms[0] + terms[1]

    return diagonal_pushforward
