"""What goes along with the Verilog: projects of other tools, constraints, software."""

from firstspike.hdl.export.companions import board_files as board_files
from firstspike.hdl.export.companions import companions as companions
