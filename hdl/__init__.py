"""The Amaranth generator: from an integer network to a synthesizable TTFS core."""

from firstspike.hdl import bus as bus
from firstspike.hdl.bundle import Bundle as Bundle
from firstspike.hdl.cycles import predict_cycles as predict_cycles
from firstspike.hdl.cycles import predict_stream as predict_stream
from firstspike.hdl.generate import generate as generate
from firstspike.hdl.onchip import load_on_chip as load_on_chip
from firstspike.hdl.onchip import prune_on_chip as prune_on_chip
from firstspike.hdl.plan import CorePlan as CorePlan
from firstspike.hdl.proof import VerifyReport as VerifyReport
from firstspike.hdl.verify import verify as verify
