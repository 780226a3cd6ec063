"""Paths and text in a form that can be shown anywhere: other machines, terminals, XML."""

from __future__ import annotations

import os
import re
import sys
from typing import Final

__all__ = ["place", "portable", "printable"]

_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Control characters, those that turn the direction of text, and what UTF-8 or XML cannot hold."""


def place(where: str) -> str:
    """A path, or a file and line, from the current directory, or from where it is imported.

    >>> place("pullback_kepler/rules.py:14")
    'pullback_kepler/rules.py:14'
    """
    if not os.path.isabs(where):
        return where
    short = portable(where)
    return os.path.basename(where) if short == where else short.replace(os.sep, "/")


def portable(text: str) -> str:
    """``text`` without the folders of this machine that are in front of names of files."""
    folders = {folder for folder in (os.getcwd(), *sys.path, sys.prefix) if os.path.isabs(folder)}
    for folder in sorted(folders - {os.sep}, key=len, reverse=True):
        text = text.replace(os.path.join(folder, ""), "")
    return text


def printable(text: str) -> str:
    r"""``text`` with control characters written out, which a name or a message may hold.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)
