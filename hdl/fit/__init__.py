"""Will it fit: what a core takes on a device, and how many lanes the device has room for."""

from firstspike.hdl.fit.census import Census as Census
from firstspike.hdl.fit.census import census_of as census_of
from firstspike.hdl.fit.prices import Estimator as Estimator
from firstspike.hdl.fit.prices import priced as priced
from firstspike.hdl.fit.room import check_room as check_room
from firstspike.hdl.fit.room import estimate as estimate
from firstspike.hdl.fit.solver import fitting_plan as fitting_plan
