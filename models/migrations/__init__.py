"""aerich's migrations; constraints, generated columns and policies are hand-written SQL."""
