"""Data sets with fixed, documented splits; every one is a `Dataset`, whatever its samples are."""

from firstspike.datasets.dataset import Dataset as Dataset
from firstspike.datasets.digits import digits as digits
from firstspike.datasets.images import fashion_mnist as fashion_mnist
from firstspike.datasets.images import mnist as mnist
from firstspike.datasets.registry import NAMES as NAMES
from firstspike.datasets.registry import load as load
from firstspike.datasets.stored import Stored as Stored
from firstspike.datasets.yin_yang import generate_yin_yang as generate_yin_yang
from firstspike.datasets.yin_yang import yin_yang as yin_yang
