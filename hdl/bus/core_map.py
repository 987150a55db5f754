"""The registers of a core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.hdl.bus.registers import Access, Field, Register, RegisterMap

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["ADDRESS_BITS", "IDENTITY", "VERSION", "core_registers", "registers_of"]

#: What the first register reads as: "fspk" in ASCII.
IDENTITY = 0x6673706B
#: Version of this map: what is added raises the lower half, what changes raises the upper half.
VERSION = 0x0001_0001
#: Byte addresses have so many bits: one page of 4 KiB.
ADDRESS_BITS = 12

_DIGEST_WORDS = 8


def core_registers(plan: CorePlan) -> RegisterMap:
    """Return the registers of a core.

    Offsets are the same for all cores; only constants and the number of layers differ.
    """
    return registers_of(
        layers=len(plan.layers),
        sources=plan.n_sources,
        outputs=plan.n_outputs,
        ticks=plan.ticks,
        digest=plan.digest,
    )


def registers_of(
    *, layers: int, sources: int, outputs: int, ticks: int, digest: str
) -> RegisterMap:
    """Return the registers of a core of which only this is known."""
    sizes = {
        "layers": (layers, "Number of layers."),
        "sources": (sources, "Number of input channels."),
        "outputs": (outputs, "Number of output neurons."),
        "ticks": (ticks, "Ticks of a sample."),
    }
    words = [int(digest[8 * i : 8 * i + 8], 16) for i in range(_DIGEST_WORDS)]
    registers = [
        _constant("id", 0x000, IDENTITY, 'Tells that this is such a core: "fspk" in ASCII.'),
        _constant("version", 0x004, VERSION, "Version of this register map, upper and lower half."),
        *(
            _constant(name, 0x008 + 4 * index, value, text)
            for index, (name, (value, text)) in enumerate(sizes.items())
        ),
        *(
            _constant(
                f"network{index}",
                0x020 + 4 * index,
                word,
                f"Digits {8 * index} to {8 * index + 7} of the digest of the integer network.",
            )
            for index, word in enumerate(words)
        ),
        *_control(),
        *_commands(),
        *_samples(),
        *_counters(),
        Register(
            "threshold",
            0x100,
            (
                _field("value", 0, 8, Access.READ_WRITE, "Synapses with |w| below it are dropped."),
                _field(
                    "floor",
                    16,
                    16,
                    Access.READ_WRITE,
                    "Fan-in floor: neurons keep at least so many synapses.",
                ),
            ),
            "What `prune` prunes a layer with.",
            count=layers,
        ),
    ]
    return RegisterMap(tuple(registers), ADDRESS_BITS)


def _control() -> list[Register]:
    both, clear, read = Access.READ_WRITE, Access.CLEAR, Access.READ
    return [
        Register(
            "control",
            0x040,
            (
                _field(
                    "early_exit", 0, 1, both, "Give the verdict at the end of the deciding tick.", 1
                ),
                _field("spikes", 1, 1, both, "Tell every output spike on `m_axis` as well."),
                _field(
                    "feed", 2, 1, both, "Take samples from `token` and give results in `result`."
                ),
            ),
            "How the core works. What is written takes effect between two samples.",
        ),
        Register(
            "reset",
            0x044,
            (_field("core", 0, 1, Access.TRIGGER, "Write 1: forget the sample under way."),),
            "Resets the core, but no register above and no threshold. While a layer is being "
            "pruned it spoils the synapse image.",
        ),
        Register(
            "status",
            0x048,
            (
                _field("busy", 0, 1, read, "A sample or a command is under way."),
                _field("image_valid", 1, 1, read, "The synapse memories are whole.", 1),
                _field("token_free", 2, 1, read, "`token` may be written.", 1),
                _field("command_busy", 3, 1, read, "A command has not been answered yet."),
                _field("locked", 4, 1, read, "PRUNE and LOAD are denied until `reset`."),
                _field("result", 8, 1, clear, "There is a new result."),
                _field("response", 9, 1, clear, "There is a new response."),
                _field("stray", 16, 1, clear, "A spike of a missing source was dropped."),
                _field("unknown", 17, 1, clear, "A word of unknown kind was dropped."),
                _field("long", 18, 1, clear, "A sample had more ticks than the network."),
                _field("overrun", 19, 1, clear, "A write to a busy register was dropped."),
                _field("denied", 20, 1, clear, "A command was denied and did nothing."),
            ),
            "What goes on, and what has happened. Cleared by `reset`.",
        ),
    ]


def _commands() -> list[Register]:
    write = Access.TRIGGER
    return [
        Register(
            "command",
            0x050,
            (
                _field("op", 0, 8, write, "See below."),
                _field("layer", 8, 8, write, "Which layer."),
                _field("lane", 16, 8, write, "Which lane, to inspect."),
            ),
            "Starts a command with the operand in `value`; its response sets `status.response`.",
        ),
        Register(
            "value",
            0x054,
            (
                _field(
                    "value",
                    0,
                    32,
                    Access.READ_WRITE,
                    "Threshold (with the floor above bit 15), address, or word to load.",
                ),
            ),
            "Operand of `command`.",
        ),
        Register(
            "response",
            0x058,
            (_field("value", 0, 32, Access.READ, "Synapses dropped, or the word."),),
            "Response to the last command.",
        ),
        Register(
            "prune",
            0x05C,
            (_field("layer", 0, 8, write, "Which layer."),),
            "Starts PRUNE of a layer with its `threshold`.",
        ),
    ]


def _samples() -> list[Register]:
    write, read = Access.TRIGGER, Access.READ
    return [
        Register(
            "token",
            0x060,
            (
                _field("kind", 0, 3, write, "0 nothing, 1 SPIKE, 2 TICK."),
                _field("source", 3, 28, write, "Which source spikes."),
                _field("last", 31, 1, write, "The sample ends with this word."),
            ),
            "One word of a sample, as on `s_axis`; only with `control.feed`.",
        ),
        Register(
            "result",
            0x064,
            (
                _field("kind", 0, 3, read, "3."),
                _field("neuron", 3, 13, read, "The decision."),
                _field("tick", 16, 16, read, "The deciding tick."),
            ),
            "Latest result, first word.",
        ),
        Register(
            "margin",
            0x068,
            (
                _field("tie", 0, 1, read, "Several neurons fired in the deciding tick."),
                _field("silent", 1, 1, read, "No neuron fired; the nearest one decided."),
                _field("refused", 2, 1, read, "There was no inference."),
                _field("value", 3, 29, read, "Signed margin of the winner, clipped to the field."),
            ),
            "Latest result, second word.",
        ),
    ]


def _counters() -> list[Register]:
    texts = {
        "live": "Synapses left.",
        "pruned": "Synapses dropped since configuration.",
        "added": "Synapses added in the latest sample, up to its verdict.",
        "skipped": "Tokens of the latest sample that came after its verdict.",
        "cycles": "Cycles of the latest sample, from its first token to its verdict.",
        "inferences": "Verdicts since reset.",
    }
    return [
        Register(name, 0x070 + 4 * index, (_field("value", 0, 32, Access.READ, text),), text)
        for index, (name, text) in enumerate(texts.items())
    ]


def _field(name: str, low: int, width: int, access: Access, text: str, reset: int = 0) -> Field:
    return Field(name, low, width, access, text, reset)


def _constant(name: str, offset: int, value: int, text: str) -> Register:
    return Register(name, offset, (Field("value", 0, 32, Access.CONSTANT, text, value),), text)
