"""What Prometheus sees of the sockets."""

from __future__ import annotations

from server.core.metrics import Counter, Gauge

SOCKETS = Gauge("mediaflow_sockets", "Live sockets.", multiprocess_mode="livesum")
ROOMS = Gauge("mediaflow_rooms", "Rooms followed, summed over processes.", multiprocess_mode="livesum")
LOG_LAG = Gauge(
    "mediaflow_log_lag_entries", "Entries a followed room was behind its log at the last look.", multiprocess_mode="max"
)
BUS_UP = Gauge("mediaflow_bus_up", "1 while hints between processes arrive.", multiprocess_mode="livemin")
DELIVERIES = Counter("mediaflow_deliveries", "Events put on their way to a socket.")
PULLED = Counter("mediaflow_log_pulled_entries", "Entries read from the log because no push brought them in order.")
RESETS = Counter("mediaflow_room_resets", "Rooms whose members were told to load the snapshot.")
LAGGED = Counter("mediaflow_sockets_lagged", "Times a socket fell behind and was served from the log.")
CLOSED = Counter("mediaflow_sockets_closed", "Sockets closed by the server.", ["code"])
BUS_DROPPED = Counter("mediaflow_bus_dropped", "Hints not published; the log brings what they told of.")
