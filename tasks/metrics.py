"""What the workers and the dispatcher count; `/metrics` merges it with the web processes' figures."""

from __future__ import annotations

from server.core.metrics import Counter, Histogram

JOBS = Counter("mediaflow_job_attempts", "Attempts at jobs by kind and how they ended.", ["kind", "outcome"])
JOB_SECONDS = Histogram(
    "mediaflow_job_seconds",
    "Seconds that an attempt took.",
    ["kind"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800),
)
HANDOVERS = Counter(
    "mediaflow_follower_handovers", "Facts handed to followers, by how it ended.", ["follower", "outcome"]
)
