"""The self-checking Verilog testbench and the simulators that run it."""

from firstspike.hdl.tb.samples import corner_samples as corner_samples
from firstspike.hdl.tb.simulators import SimulationReport as SimulationReport
from firstspike.hdl.tb.simulators import run_icarus as run_icarus
from firstspike.hdl.tb.simulators import run_verilator as run_verilator
from firstspike.hdl.tb.testbench import write_testbench as write_testbench
from firstspike.hdl.tb.vectors import Vectors as Vectors
