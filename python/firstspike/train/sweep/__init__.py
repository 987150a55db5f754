"""Many runs in one call: seeds, and grids of settings."""

from firstspike.train.sweep.pools import Processes as Processes
from firstspike.train.sweep.pools import Threads as Threads
from firstspike.train.sweep.sweep import sweep as sweep
from firstspike.train.sweep.table import SweepRow as SweepRow
from firstspike.train.sweep.table import SweepTable as SweepTable
