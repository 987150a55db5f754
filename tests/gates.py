"""Netlists for ECP5 that run, cycle by cycle, without any tool."""


class Gates:
    """A netlist that runs, cycle by cycle."""

    def __init__(self, module):
        self.cells, self.ports = module["cells"], module["ports"]
        self.driver = {
            bit: (name, port)
            for name, cell in self.cells.items()
            for port, bits in cell["connections"].items()
            if cell["port_directions"][port] == "output"
            for bit in bits
        }
        self.state, self.content = {}, {}
        for name, cell in self.cells.items():
            if cell["type"] == "TRELLIS_FF":
                self.state[name, "Q"] = int(cell["parameters"]["REGSET"] == "SET")

    def step(self, inputs):
        """Return the outputs before a clock edge, and pass it."""
        self.now = {"0": 0, "1": 1, "x": 0}
        for name, value in inputs.items():
            for at, bit in enumerate(self.ports[name]["bits"]):
                self.now[bit] = value >> at & 1
        outputs = {
            name: sum(self.bit(bit) << at for at, bit in enumerate(port["bits"]))
            for name, port in self.ports.items()
            if port["direction"] == "output"
        }
        state = dict(self.state)
        writes = []
        for name, cell in self.cells.items():
            if cell["type"] == "TRELLIS_FF":
                self.flip(name, cell, state)
            elif cell["type"] == "DP16KD":
                writes += self.read(name, cell, state)
        for name, address, word in writes:
            self.content[name, address] = word
        self.state = state
        return outputs

    def flip(self, name, cell, state):
        enabled = cell["parameters"]["CEMUX"].strip() != "CE" or self.at(cell, "CE")
        if self.at(cell, "LSR"):
            state[name, "Q"] = int(cell["parameters"]["REGSET"] == "SET")
        elif enabled:
            state[name, "Q"] = self.at(cell, "DI")

    def read(self, name, cell, state):
        """Port A writes, port B reads: what was there before."""
        given = cell["parameters"]
        width = int(given["DATA_WIDTH_B"], 2)
        assert width == int(given["DATA_WIDTH_A"], 2) <= 9
        low = {1: 0, 2: 1, 4: 2, 9: 3}[width]
        of, to = (
            sum(self.at(cell, f"AD{side}{bit}") << bit for bit in range(low, 14)) for side in "BA"
        )
        word = self.content.get((name, of), 0)
        for bit in range(width):
            port = f"DOB{bit}"
            if given["REGMODE_B"] == "OUTREG":
                if self.at(cell, "OCEB"):
                    state[name, port] = self.state.get((name, "in", port), 0)
                state[name, "in", port] = word >> bit & 1
            else:
                state[name, port] = word >> bit & 1
        if self.at(cell, "WEA") and self.at(cell, "CEA"):
            yield name, to, sum(self.at(cell, f"DIA{bit}") << bit for bit in range(width))

    def at(self, cell, port):
        bits = cell["connections"].get(port, ["0"])
        return self.bit(bits[0])

    def bit(self, bit):
        if bit not in self.now:
            name, port = self.driver[bit]
            cell = self.cells[name]
            if cell["type"] == "LUT4":
                place = sum(self.at(cell, pin) << at for at, pin in enumerate("ABCD"))
                self.now[bit] = int(cell["parameters"]["INIT"], 2) >> place & 1
            elif cell["type"] == "PFUMX":
                self.now[bit] = self.at(cell, "ALUT" if self.at(cell, "C0") else "BLUT")
            elif cell["type"] == "L6MUX21":
                self.now[bit] = self.at(cell, "D1" if self.at(cell, "SD") else "D0")
            else:
                self.now[bit] = self.state.get((name, port), 0)
        return self.now[bit]
