"""Running a generated core against the integer simulator."""
