"""What to say when a primitive has no rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pullback import plugins, registry
from pullback.errors import MissingRuleError
from pullback.names import HOME, name_of
from pullback.spaces import Traced, plain


def missing_rule(primitive: Any, args: Sequence[Any]) -> MissingRuleError:
    """The error for ``primitive``: what is missing, what is near, where it was looked for."""
    name = name_of(primitive)
    traced = [str(place) for place, arg in enumerate(args) if isinstance(arg, Traced)]
    types = ", ".join(type(plain(arg)).__name__ for arg in args)
    lines = [f"no rule is registered for {name}, called with ({types})"]
    if traced:
        lines[0] += f" and differentiated in argument {', '.join(traced)}"
    known = {claim.rule.name: None for claim in registry.rules.values()}
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3, cutoff=0.7)
    if near:
        lines.append(f"  nearest registered names: {', '.join(near)}")
    records = plugins.load()
    searched = ", ".join(f"{record.distribution} ({record.status})" for record in records)
    lines.append(f"  plugins searched: {searched or 'none is installed'}")
    module = name.rpartition(".")[0].partition(".")[0]
    home = HOME.get(module)
    status = next((record.status for record in records if record.distribution == home), None)
    if home is not None and status is None:
        lines.append(f"  known to have it: pip install {home}")
    elif home is not None and status in ("disabled", "broken"):
        lines.append(
            f"  {home} has rules for {module or 'builtins'}, and it is {status}: "
            "`pullback plugins` says why"
        )
    lines.append("  or write the rule:")
    lines.extend(f"    {line}" for line in _stub(name, max(len(args), 1)).splitlines())
    return MissingRuleError("\n".join(lines))


def _stub(name: str, arity: int) -> str:
    short = name.rpartition(".")[2].strip("_<>") or "f"
    if not short.isidentifier():
        short = "f"
    names = ["x"] if arity == 1 else [*"abcdefgh"[:arity]]
    primals = ", ".join(names)
    what = "the cotangent of x" if arity == 1 else f"the cotangents of {primals}"
    return (
        f"@pullback.rule({name})\n"
        f"def {short}_rule({primals}):\n"
        f"    y = {name}({primals})\n"
        f"    def {short}_pullback(ct):\n"
        f"        return {', '.join(['...'] * len(names))}  # {what}\n"
        f"    return y, {short}_pullback\n"
        f"pullback.register({short}_rule)"
    )
