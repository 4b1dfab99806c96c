"""How long tests wait: for hanging to be told from slowness on a machine that is a few times slower, or busy."""

PATIENCE_SECONDS = 60
# What we promise in seconds is promised of a quiet machine of some years; tests grant so many times more.
SLOW = 6
