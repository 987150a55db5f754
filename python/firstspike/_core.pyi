"""Types of the Rust extension module; checked against it by stubtest."""

import numpy as np
from numpy.typing import NDArray

__version__: str

def check_spike_batch(
    offsets: NDArray[np.int64],
    times: NDArray[np.float64],
    sources: NDArray[np.uint32],
    n_sources: int,
) -> None: ...
