"""What goes along with the Verilog: projects of other tools, constraints, software."""

from firstspike.hdl.export.companions import companions as companions
