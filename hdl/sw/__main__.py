"""Print the page of the registers: python -m firstspike.hdl.sw > docs/spec/register-map.md."""

from __future__ import annotations

import sys

from firstspike.hdl.bus.core_map import registers_of
from firstspike.hdl.sw.page import page

sys.stdout.write(page(registers_of(layers=1, sources=1, outputs=1, ticks=1, digest="0" * 64)))
