"""Shapes of cores that the cycle model is asked about."""

import pickle

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError
from firstspike.integer_network.core_shape import CoreShape, LayerShape
from firstspike.integer_network.cycles import predict_cycles, predict_stream

LAYER = LayerShape(lanes=1, columns=1, stages=2)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"lanes": 0}, "lanes of layer 1 is 0, expected at least 1"),
        ({"columns": 0}, "columns of layer 1 is 0, expected at least 1"),
        ({"columns": -1}, "columns of layer 1 is -1"),
        ({"stages": 1.5}, "stages of layer 1 is 1.5, expected a whole number"),
        ({"bank": "sparse"}, 'bank of layer 1 is sparse, expected "list" or "dense"'),
        ({"bank": "dense", "lanes": 2}, "lanes of layer 1 is 2, expected one where the bank"),
    ],
)
def test_a_layer_that_no_core_has_is_refused(options, told):
    layer = LayerShape(**{"lanes": 1, "columns": 1, "stages": 2, **options})
    with pytest.raises(DomainError, match=told):
        CoreShape((LAYER, layer), queue_depth=32)


def test_a_core_that_cannot_be_is_refused():
    with pytest.raises(DomainError, match="queue_depth is 1, expected at least 2"):
        CoreShape((LAYER,), queue_depth=1)
    with pytest.raises(DomainError, match="layer 0 is 8, expected a LayerShape"):
        CoreShape((8,), queue_depth=32)


def test_equal_shapes_are_equal_and_can_be_sent_away():
    shape = CoreShape((LAYER, LayerShape(3, 2, 1, "list", skips=True)), queue_depth=32)
    again = pickle.loads(pickle.dumps(shape))
    assert again == shape
    assert hash(again) == hash(shape)
    assert shape != CoreShape(shape.layers, queue_depth=33)
    assert CoreShape([LAYER], np.int64(32)) == CoreShape((LAYER,), 32)


def test_a_core_that_does_not_fit_is_refused():
    layer = fs.IntegerLayer(
        connectivity=fs.Dense([[3, -3], [1, 2]]),
        program=fs.StepProgram(),
        threshold=fs.ConstThreshold([4, 4]),
    )
    network = fs.IntegerNetwork(layers=[layer], ticks=4, tick_seconds=1e-3)
    batch = fs.SpikeBatch.from_dense([[0.0, 2e-3]])
    for layers, error, told in [
        ((LAYER, LAYER), ShapeError, "2 layers, expected one per layer of the network, that is 1"),
        ((LayerShape(3, 1, 2),), DomainError, "lanes of layer 0 is 3, expected at most"),
    ]:
        for predict in (predict_cycles, predict_stream):
            with pytest.raises(error, match=told):
                predict(network, batch, CoreShape(layers, 32))
