"""The parts of the core, one ``wiring.Component`` per file."""
