"""Makes the planted bugs importable, as the package ``planted``, and the tools beside it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
