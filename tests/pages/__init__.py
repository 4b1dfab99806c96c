"""The pages' first paint and their assets."""
