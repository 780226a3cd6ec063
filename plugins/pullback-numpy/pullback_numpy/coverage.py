"""What becomes of every public name of NumPy: a rule, a constant, or the reason why there is none.

`entries` classifies them; ``python -m pullback_numpy.coverage --write docs/numpy.md`` writes the
table. A name that a new release of NumPy brings is in none of the classes, and a test says so.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pullback.plugins import load
from pullback.registry import rules

RULE = "rule"
CONSTANT = "constant"
COMPOSITE = "composite"
MISSING = "not implemented"
INAPPLICABLE = "not applicable"

MEANING = {
    RULE: "has a derivative, by the rule that is named",
    CONSTANT: "non-differentiable, and declared so: a traced value passes as a plain one",
    COMPOSITE: "works on traced values because NumPy writes it in terms of others",
    MISSING: "has a derivative that is not written; the error says what to do",
    INAPPLICABLE: "takes or returns nothing that has a derivative",
}

NAMESPACES = {
    "numpy": np,
    "numpy.linalg": np.linalg,
    "numpy.fft": np.fft,
    "numpy.random": np.random,
    "numpy.polynomial": np.polynomial,
    "numpy.polynomial.polynomial": np.polynomial.polynomial,
    "numpy.polynomial.chebyshev": np.polynomial.chebyshev,
    "numpy.polynomial.legendre": np.polynomial.legendre,
    "numpy.polynomial.hermite": np.polynomial.hermite,
    "numpy.polynomial.hermite_e": np.polynomial.hermite_e,
    "numpy.polynomial.laguerre": np.polynomial.laguerre,
    "numpy.ndarray": np.ndarray,
}


def _same(reason, *names):
    return dict.fromkeys(" ".join(names).split(), reason)


_OF_OBJECTS = "on an array of objects, which becomes one traced array where it meets another"

SERIES = {
    "numpy.polynomial.polynomial": "poly",
    "numpy.polynomial.chebyshev": "cheb",
    "numpy.polynomial.legendre": "leg",
    "numpy.polynomial.hermite": "herm",
    "numpy.polynomial.hermite_e": "herme",
    "numpy.polynomial.laguerre": "lag",
}
"""Module of `numpy.polynomial` -> what its functions start with."""

_ARITHMETIC = "add sub mul mulx pow der int line fromroots trim vander vander2d vander3d weight"
_DIVIDES_IN_PLACE = "writes into its coefficients; np.polydiv has a rule"
_HAS_COMPANION = "writes into a matrix that it makes; np.roots has a rule"
_WRITES_COEFFICIENTS = "writes into its coefficients; np.polyfit at chebpts1 has a rule"
_SOLVES = "solves a system of numbers; np.polyfit has a rule"


def _of_series(prefix, words):
    names = [prefix + word for word in words.split()]
    return [*names, f"{prefix}2poly", f"poly2{prefix}"] if words is _ARITHMETIC else names


COMPOSED = {
    "numpy": _same(
        _OF_OBJECTS,
        "array asarray asanyarray ascontiguousarray asfortranarray require full",
    )
    | _same("calls the function on grids of indices", "fromfunction")
    | _same("another name of vstack, and deprecated", "row_stack"),
    **{
        module: _same(_OF_OBJECTS, *_of_series(prefix, _ARITHMETIC))
        for module, prefix in SERIES.items()
    },
}
for _module in ("legendre", "hermite", "hermite_e", "laguerre"):
    _name = f"numpy.polynomial.{_module}"
    COMPOSED[_name] |= _same(_OF_OBJECTS, f"{SERIES[_name]}div")
"""Namespace -> name -> how it comes about. Each is shown by a test."""

UNWRITTEN = {
    "numpy": _same("asks for numbers; write np.stack([...])", "asarray_chkfinite fromiter arange")
    | _same("calls the function on plain elements; write np.stack of calls", "frompyfunc")
    | _same("makes a numpy.matrix, which is not differentiated", "asmatrix bmat"),
    "numpy.ndarray": _same("takes no traced choices; write np.choose(a, choices)", "choose"),
    **{
        module: _same(_HAS_COMPANION, f"{prefix}companion", f"{prefix}roots")
        | _same(_SOLVES, f"{prefix}fit")
        for module, prefix in SERIES.items()
    },
}
for _module in ("polynomial", "chebyshev"):
    _name = f"numpy.polynomial.{_module}"
    UNWRITTEN[_name] |= _same(_DIVIDES_IN_PLACE, f"{SERIES[_name]}div")
UNWRITTEN["numpy.polynomial.chebyshev"]["chebinterpolate"] = _WRITES_COEFFICIENTS
"""Namespace -> name -> what to do instead."""

NOTHING = {
    "numpy": _same(
        "input and output",
        "fromfile fromregex fromstring frombuffer genfromtxt loadtxt load save savetxt savez",
        "savez_compressed from_dlpack",
    )
    | _same(
        "text",
        "base_repr binary_repr format_float_positional",
        "format_float_scientific get_printoptions set_printoptions printoptions typename",
        "mintypecode datetime_as_string",
    )
    | _same(
        "settings and information",
        "geterr geterrcall seterr seterrcall errstate getbufsize setbufsize get_include info",
        "show_config show_runtime test __array_namespace_info__",
    )
    | _same(
        "types and dtypes",
        "isdtype issubdtype promote_types isscalar iterable isfortran datetime_data",
    )
    | _same("made of sizes and integers", "empty eye identity ones zeros tri indices")
    | _same(
        "shapes and indices",
        "broadcast_shapes diag_indices mask_indices tril_indices triu_indices nested_iters",
        "einsum_path ravel_multi_index unravel_index",
    )
    | _same("dates", "busday_count busday_offset is_busday")
    | _same("bits", "packbits unpackbits"),
    "numpy.fft": _same("frequencies of a length", "fftfreq rfftfreq"),
    **{
        module: _same(
            "points and weights of an integer", f"{prefix}gauss", f"{prefix}pts1", f"{prefix}pts2"
        )
        for module, prefix in SERIES.items()
    },
    "numpy.polynomial": _same("settings", "set_default_printstyle"),
}
"""Namespace -> name -> what it is about."""

_SAMPLING = "sampling has no derivative by its parameters; draw standard numbers and scale them"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """What becomes of one public name."""

    namespace: str
    name: str
    status: str
    """One of the keys of `MEANING`; an empty string if it is in no class."""
    where: str = ""
    """The provider and the module of the rule."""
    note: str = ""
    """What is declared besides: arguments without a derivative; or the reason of the status."""


def entries():
    """An `Entry` for every public callable of NumPy's namespaces and every attribute of arrays."""
    load()
    return [
        _entry(namespace, name, getattr(owner, name))
        for namespace, owner in NAMESPACES.items()
        for name in _public(namespace, owner)
    ]


def _public(namespace, owner):
    if namespace == "numpy.ndarray":
        return [name for name in dir(owner) if not name.startswith("_")]
    return sorted(name for name in owner.__all__ if callable(getattr(owner, name)))


def _entry(namespace, name, value):
    claim = rules.get(value) if _hashable(value) else None
    if claim is not None:
        return _of_rule(namespace, name, claim)
    for status, known in ((COMPOSITE, COMPOSED), (MISSING, UNWRITTEN), (INAPPLICABLE, NOTHING)):
        if name in known.get(namespace, {}):
            return Entry(namespace, name, status, note=known[namespace][name])
    if namespace == "numpy.random":
        return Entry(namespace, name, INAPPLICABLE, note=_SAMPLING)
    if isinstance(value, type):
        return Entry(namespace, name, INAPPLICABLE, note="a type")
    return Entry(namespace, name, "")


def _hashable(value):
    return getattr(value, "__hash__", None) is not None


def _of_rule(namespace, name, claim):
    rule = claim.rule
    where = f"{claim.provider}: {_module_of(rule)}"
    if rule.differentiable == ():
        return Entry(namespace, name, CONSTANT, claim.provider)
    if "*" in rule.not_implemented:
        return Entry(namespace, name, MISSING, claim.provider, rule.not_implemented["*"])
    notes = [f"`{argument}`: {reason}" for argument, reason in rule.not_implemented.items()]
    if namespace in SERIES and not hasattr(rule.primitive, "_implementation"):
        notes.append(
            f"NumPy does not dispatch it: call `pullback.primitive({name})`, or in a chain"
        )
    return Entry(namespace, name, RULE, where, "; ".join(notes))


def _module_of(rule):
    # What is made of a formula has the formula as its source.
    module = getattr(rule.source or rule.function, "__module__", None) or ""
    return module.rpartition(".")[2]


def table(found):
    """The page of the documentation, as Markdown.

    Args:
        found: what `entries` returned.
    """
    counts = Counter(entry.status for entry in found)
    version = ".".join(np.__version__.split(".")[:2])
    lines = [
        "<!-- Written by `python -m pullback_numpy.coverage --write docs/numpy.md`. -->",
        "# All of NumPy",
        "",
        f"Every public name of NumPy {version}, and what becomes of it on traced values. Points at "
        "which a derivative is a convention stand in [](conventions.md). Where JAX has the "
        "function too, the tests compare its gradients with ours.",
        "",
        "| | names | |",
        "| --- | --- | --- |",
        *(f"| *{status}* | {counts[status]} | {text} |" for status, text in MEANING.items()),
    ]
    for namespace in NAMESPACES:
        lines += [
            "",
            f"## {namespace}",
            "",
            "| name | | rule | note |",
            "| --- | --- | --- | --- |",
        ]
        lines += [
            f"| `{entry.name}` | {entry.status} | {entry.where} | {entry.note} |"
            for entry in found
            if entry.namespace == namespace
        ]
    return "\n".join(lines) + "\n"


def main():
    """Print the table, or write it to a file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--write", type=Path, metavar="PATH")
    path = parser.parse_args().write
    text = table(entries())
    if path is None:
        print(text, end="")
    else:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
