"""Data sets with fixed, documented splits; every one is a `Dataset`, whatever its samples are."""

from firstspike.datasets.dataset import Dataset as Dataset
from firstspike.datasets.digits import digits as digits
from firstspike.datasets.event_camera import n_mnist as n_mnist
from firstspike.datasets.heart_beats import ecg_beats as ecg_beats
from firstspike.datasets.heidelberg import shd as shd
from firstspike.datasets.heidelberg import ssc as ssc
from firstspike.datasets.images import fashion_mnist as fashion_mnist
from firstspike.datasets.images import mnist as mnist
from firstspike.datasets.registry import NAMES as NAMES
from firstspike.datasets.registry import load as load
from firstspike.datasets.speech_commands import speech_commands as speech_commands
from firstspike.datasets.spoken_digits import fsdd as fsdd
from firstspike.datasets.stored import Stored as Stored
from firstspike.datasets.uci import japanese_vowels as japanese_vowels
from firstspike.datasets.uci import optical_digits as optical_digits
from firstspike.datasets.uci import pen_digits as pen_digits
from firstspike.datasets.uci import pen_strokes as pen_strokes
from firstspike.datasets.yin_yang import generate_yin_yang as generate_yin_yang
from firstspike.datasets.yin_yang import yin_yang as yin_yang
