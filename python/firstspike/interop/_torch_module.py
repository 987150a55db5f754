"""The class behind `firstspike.interop.torch.to_module`; importing it imports torch."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from firstspike.errors import ShapeError
from firstspike.events import SpikeBatch
from firstspike.interop._calls import Calls

if TYPE_CHECKING:
    from firstspike.models import Network

__all__ = ["NetworkModule"]


class NetworkModule(torch.nn.Module):
    """A network with its parameters in the hands of torch; made by `to_module`."""

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls = calls
        for name, layer in calls.slots:
            start = torch.from_numpy(calls.net.parameters[name][layer].copy())
            self.register_parameter(f"{name}_{layer}", torch.nn.Parameter(start))

    def forward(self, spikes: SpikeBatch | torch.Tensor) -> torch.Tensor:
        """Return scores or first spike times, shape (n_samples, n_out), float64."""
        batch, times = spikes, None
        if isinstance(spikes, torch.Tensor):
            if spikes.dim() != 2:
                msg = f"spikes has shape {tuple(spikes.shape)}, expected (n_samples, n_in)"
                raise ShapeError(msg)
            batch, times = SpikeBatch.from_dense(_array(spikes)), spikes
        result: torch.Tensor = _Run.apply(self._calls, batch, times, *self.parameters())
        return result

    def network(self) -> Network:
        """Return a network with the present parameters."""
        for (name, layer), array in zip(self._calls.slots, self.parameters(), strict=True):
            self._calls.net.parameters[name][layer] = _array(array)
        return copy.deepcopy(self._calls.net)


class _Run(torch.autograd.Function):
    """One pass through the core and back."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        calls: Calls,
        batch: SpikeBatch,
        times: torch.Tensor | None,
        *parameters: torch.Tensor,
    ) -> torch.Tensor:
        outputs, tape = calls.forward([_array(p) for p in parameters], batch)
        ctx.calls, ctx.tape = calls, tape
        ctx.times = None if times is None else _array(times)
        ctx.likes = [(p.dtype, p.device) for p in parameters]
        ctx.time_like = None if times is None else (times.dtype, times.device)
        ctx.silent = ~np.isfinite(outputs)
        device = parameters[0].device
        return torch.from_numpy(np.ascontiguousarray(outputs)).to(device)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: Any,  # noqa: ANN401
        dL_doutputs: torch.Tensor,
    ) -> tuple[torch.Tensor | None, ...]:
        given = np.where(ctx.silent, 0.0, _array(dL_doutputs))
        grads = ctx.calls.backward(ctx.tape, given)
        of_times = None
        if ctx.time_like is not None:
            dense = Calls.dense_input_gradient(ctx.times, grads.input_times)
            dtype, device = ctx.time_like
            of_times = torch.from_numpy(dense).to(device=device, dtype=dtype)
        of_parameters = [
            torch.from_numpy(np.ascontiguousarray(grads[name][layer])).to(
                device=device, dtype=dtype
            )
            for (name, layer), (dtype, device) in zip(ctx.calls.slots, ctx.likes, strict=True)
        ]
        return None, None, of_times, *of_parameters


def _array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    array: np.ndarray[Any, Any] = tensor.detach().cpu().numpy()
    return array
