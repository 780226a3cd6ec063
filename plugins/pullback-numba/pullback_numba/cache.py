"""Where the code of kernels lies, so that numba compiles each of them once on a machine.

A kernel is a module in a folder, under a name that says what is in it. Numba keeps what it makes
of a function beside the file that has its source.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import linecache
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Final

__all__ = ["cache_folder", "digest", "imported"]

_modules: Final[dict[str, ModuleType]] = {}


def cache_folder(chosen: str | os.PathLike[str] | None = None) -> Path:
    """The folder of cached kernels.

    Args:
        chosen: is taken before ``$PULLBACK_CACHE_DIR``, ``$XDG_CACHE_HOME/pullback`` and
            ``~/.cache/pullback``.
    """
    if chosen is not None:
        return Path(chosen)
    if own := os.environ.get("PULLBACK_CACHE_DIR"):
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path("~/.cache").expanduser()) / "pullback"


def digest(*texts: str) -> str:
    """A short name for texts, which others do not have.

    >>> digest("a", "b") == digest("a", "b"), digest("a", "b") == digest("ab", "")
    (True, False)
    """
    joined = "\0".join(texts).encode()
    return hashlib.sha256(joined).hexdigest()[:20]


def imported(source: str, name: str, folder: Path) -> tuple[ModuleType, str | None]:
    """The module of a source text, from the cache.

    Args:
        source: of the module.
        name: of the module; it stands for the source and for all that the code depends on.
        folder: of the cache.

    Returns:
        The module, and why it could not be cached, or ``None``.
    """
    path = folder / f"{name}.py"
    key = str(path)
    if key in _modules:
        return _modules[key], None
    try:
        _write_once(path, source)
    except OSError as error:
        return _from_memory(source, name), f"{folder} cannot be written to ({error.strerror})"
    spec = importlib.util.spec_from_file_location(f"pullback_kernels.{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # numba's cached code refers to it by name
    spec.loader.exec_module(module)
    return _modules.setdefault(key, module), None


def _write_once(path: Path, source: str) -> None:
    """Write a file that others see whole or not at all, and that is never written again.

    Numba takes what it has kept for outdated if the file is younger.
    """
    if path.exists():
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(13, "Permission denied")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(suffix=".draft", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(source)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            os.replace(draft, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)


def _from_memory(source: str, name: str) -> ModuleType:
    filename = f"<kernel {name}>"
    module = ModuleType(f"pullback_kernels.{name}")
    exec(compile(source, filename, "exec"), module.__dict__)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return module
