"""Rules that JAX has nothing to be compared with, and why."""

from __future__ import annotations

_NOT_MOVED = "JAX gives values that are selected by their differences the derivative 0"

NOT_COMPARED: dict[str, str] = {
    "numpy.ndarray.*": "methods and attributes of arrays have the rules of the functions",
    "numpy.intersect1d": _NOT_MOVED,
    "numpy.nextafter": "JAX has not written its derivative",
    "numpy.real_if_close": "JAX does not have it: its dtype depends on values",
    "numpy.setdiff1d": _NOT_MOVED,
    "numpy.setxor1d": _NOT_MOVED,
    "numpy.sign": "JAX takes it for a constant, where complex numbers have a derivative",
    "numpy.union1d": _NOT_MOVED,
    "numpy.unique": _NOT_MOVED,
    "numpy.unique_all": _NOT_MOVED,
    "numpy.unique_counts": _NOT_MOVED,
    "numpy.unique_inverse": _NOT_MOVED,
    "numpy.unique_values": _NOT_MOVED,
}
"""Name, or ``namespace.*`` -> the reason."""
