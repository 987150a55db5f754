"""The Amaranth generator: from an integer network to a synthesizable TTFS core."""

from firstspike.hdl.bundle import Bundle as Bundle
from firstspike.hdl.generate import generate as generate
