"""Devices and boards by name, and the harness that puts a core on a board."""

from firstspike.hdl.boards.boards import BOARDS as BOARDS
from firstspike.hdl.boards.boards import Board as Board
from firstspike.hdl.boards.devices import DEVICES as DEVICES
from firstspike.hdl.boards.devices import Device as Device
from firstspike.hdl.boards.harness import Harness as Harness
