"""How Sphinx builds the documentation: `tox -e docs`."""

from pullback._version import __version__

project = "pullback"
author = "the pullback authors"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
exclude_patterns = ["_build"]
