"""How Sphinx builds the documentation: `tox -e docs`."""

from __future__ import annotations

from pullback._version import __version__

project = "pullback"
author = "the pullback authors"
release = __version__
html_title = f"pullback {release}"
html_theme = "furo"
html_show_copyright = False
exclude_patterns = ["_build"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]

# Docstrings write names in single backticks: they become links where the name is documented.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = True
napoleon_numpy_docstring = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
