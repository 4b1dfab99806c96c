"""Who hears it live.

app.py          attach(app): mounts it all on the web application, starts and stops it
transport.py    the seams of python-socketio: one owner per connection, one packet per room event, no compression
credentials.py  which token lets in whom; other kinds of token register themselves
messages.py     what a client may say, and what it is answered
connection.py   one live socket: its actor, its token's life, its way out
rooms.py        which rooms there are and who may read them; domains register theirs
projects.py     the rooms of a domain, one file each
join.py         `ready`, `join` with replay, `leave`
follower.py     each process follows the log of the rooms its sockets are in
lag.py          clients too slow for live events, served from the log
rights.py       what a fact takes away, acted on at its seq; the check of live sessions
bus.py          hints between processes over Redis
presence.py     who is here, who is typing
metrics.py      what Prometheus sees

The log in PostgreSQL is the truth; a push, from this process or over the bus, only saves the wait for the next look.
"""
