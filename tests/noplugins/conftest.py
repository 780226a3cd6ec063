"""The core on its own: these tests are left out where a rule package is installed."""

from importlib.metadata import entry_points

collect_ignore_glob = ["test_*.py"] if entry_points(group="pullback") else []
