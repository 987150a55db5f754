"""The order in which a model's statements run, so that registers are changed in place."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firstspike.hdl.cosim.statements import Bits, Model, Statement

__all__ = ["Step", "outputs", "rising_edge"]

_CURRENT = re.compile(r"(?<![\w>])(\w+)\.curr\(\)")


@dataclass(frozen=True)
class Step:
    """A statement in its place.

    Parameters
    ----------
    text : str
        C++.
    sets, uses : frozenset of str
        Names of the values within a cycle that it sets, and that it uses.
    """

    text: str
    sets: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()


def rising_edge(model: Model) -> list[Step]:
    """Return what happens when the clock rises.

    A register changes once nobody needs its old value any more; where registers need each other,
    old values are put aside. Cells come last, for they read nothing but their inputs.
    """
    computed = _Computed(model)
    cells = [one for one in model.statements if one.changes.endswith("->")]
    inputs = [one for one in model.statements if one.writes and "->" in one.writes[0].name]
    edges = [one for one in model.statements if one.changes and not one.changes.endswith("->")]
    steps: list[Step] = []
    done: set[int] = set()
    aside: set[str] = set()
    for one, early in _in_place([*inputs, *edges], computed):
        if early:
            old = old_value(one.changes)
            steps.append(Step(f"\t{old} = {one.changes}.curr();", frozenset([old])))
            aside.add(one.changes)
        steps += [_step(needed, aside) for needed in computed.order(one, done)]
    return steps + [_step(one, aside) for one in cells]


def outputs(model: Model) -> list[Step]:
    """Return how the outputs follow from registers and inputs."""
    computed = _Computed(model)
    done: set[int] = set()
    return [
        _step(one, set())
        for name in model.outputs
        for root in computed.writers[name]
        for one in computed.order(root, done)
    ]


def old_value(register: str) -> str:
    """Return the name under which the old value of a register is put aside."""
    return f"old_{register}"


class _Computed:
    """Which statement needs which others within a cycle."""

    def __init__(self, model: Model) -> None:
        self.statements = model.statements
        self._index = {id(one): at for at, one in enumerate(self.statements)}
        self.writers: dict[str, list[Statement]] = defaultdict(list)
        for one in self.statements:
            for bits in one.writes:
                self.writers[bits.name].append(one)
        self._needs = [tuple(self._writers(one.reads)) for one in self.statements]
        self._keeps: dict[int, frozenset[str]] = {}

    def _writers(self, reads: Iterable[Bits]) -> Iterator[int]:
        for wanted in reads:
            for writer in self.writers[wanted.name]:
                if any(bits.name == wanted.name and bits.meet(wanted) for bits in writer.writes):
                    yield self._index[id(writer)]

    def order(self, root: Statement, done: set[int]) -> Iterator[Statement]:
        """Return a statement and what it needs, in order, without what is done already."""
        for at in self._order(self._index[id(root)], done):
            yield self.statements[at]

    def _order(self, root: int, done: set[int]) -> Iterator[int]:
        if root in done:
            return
        waiting = {root}
        stack = [(root, iter(self._needs[root]))]
        while stack:
            at, rest = stack[-1]
            needed = next((other for other in rest if other not in done), None)
            if needed is None:
                stack.pop()
                waiting.discard(at)
                done.add(at)
                yield at
            elif needed in waiting:
                msg = f"a wire depends on itself, at: {self.statements[needed].text.strip()[:200]}"
                raise ToolError(msg)
            else:
                waiting.add(needed)
                stack.append((needed, iter(self._needs[needed])))

    def keeps(self, root: Statement) -> frozenset[str]:
        """Return the registers and memories whose old values a statement needs in the end."""
        known = self._keeps
        top = self._index[id(root)]
        for at in self._order(top, set(known)):
            needed = [known[other] for other in self._needs[at]]
            known[at] = self.statements[at].keeps.union(*needed)
        return known[top]


def _in_place(statements: list[Statement], computed: _Computed) -> Iterator[tuple[Statement, bool]]:
    """Return statements in an order in which they can run, and who has to put a value aside."""
    needed = [computed.keeps(one) - {one.changes} for one in statements]
    readers: dict[str, set[int]] = defaultdict(set)
    for at, names in enumerate(needed):
        for name in names:
            readers[name].add(at)
    changer = {one.changes: at for at, one in enumerate(statements) if one.changes}
    left = dict.fromkeys(range(len(statements)))
    ready = [at for at in left if not readers[statements[at].changes]]
    ready.reverse()
    while left:
        early = not ready
        if early:
            at = min(
                (at for at in left if not statements[at].changes.startswith("memory_")),
                key=lambda at: len(readers[statements[at].changes]),
            )
        else:
            at = ready.pop()
        if at not in left:
            continue
        yield statements[at], early
        del left[at]
        for name in needed[at]:
            waiting = readers[name]
            waiting.discard(at)
            if not waiting and changer.get(name) in left:
                ready.append(changer[name])


def _step(one: Statement, aside: set[str]) -> Step:
    """Return a statement that reads what has been put aside from there."""
    used = {bits.name for bits in one.reads}

    def current(match: re.Match[str]) -> str:
        if match[1] not in aside or match[1] == one.changes:
            return match[0]
        used.add(old_value(match[1]))
        return old_value(match[1])

    return Step(
        _CURRENT.sub(current, one.text),
        frozenset(bits.name for bits in one.writes),
        frozenset(used),
    )
