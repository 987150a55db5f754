"""From a plan to RTLIL, Verilog and the files beside it."""
