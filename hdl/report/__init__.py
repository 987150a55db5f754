"""What a core takes on a device, how fast it is there, and what an inference costs."""

from firstspike.hdl.report.measure import HardwareReport as HardwareReport
from firstspike.hdl.report.measure import report as report
from firstspike.hdl.report.page import write_report as write_report
