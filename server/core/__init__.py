"""The framework; knows no domain."""
