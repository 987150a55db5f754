"""Standard buses around a core, and the registers behind them."""

from firstspike.hdl.bus.core_map import core_registers as core_registers
from firstspike.hdl.bus.registers import Access as Access
from firstspike.hdl.bus.registers import Field as Field
from firstspike.hdl.bus.registers import Register as Register
from firstspike.hdl.bus.registers import RegisterMap as RegisterMap
from firstspike.hdl.bus.shell import AxiCore as AxiCore
from firstspike.hdl.bus.shell import WishboneCore as WishboneCore
