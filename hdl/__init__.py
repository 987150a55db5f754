"""The Amaranth generator: from an integer network to a synthesizable TTFS core."""

from firstspike.hdl.cores.core import Core as Core
from firstspike.hdl.plan import CorePlan as CorePlan
