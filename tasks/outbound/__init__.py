"""The only code that leaves the building."""
