"""`numpy.memmap` counts as the array that it is; the one method of its own reads elements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pullback_numpy.indexing import getitem

memmap_getitem = replace(getitem, primitive=np.memmap.__getitem__)
