"""Who hears it live.

app.py          attach(app): mounts it all on the web application, starts and stops it
transport.py    the seams of python-socketio: messages go to their connection's owner, rooms are ours
engine.py       the Engine.IO server: one heart for all connections, one write per connection and turn
sockets.py      a client's connection: long polling, WebSocket, and the way from one to the other
frames.py       packets as texts and as WebSocket bytes, made once for all who get them
delivery.py     events on their way to the members of their rooms, in order, a piece per turn
credentials.py  which token lets in whom; other kinds of token register themselves
messages.py     what a client may say, and what it is answered
gate.py         whom the door is opened to: our pages, so many connections of an address
caps.py         limits: rates, how many of something
incoming.py     what a client may send, and what becomes of who sends anything else
connection.py   one live socket: its actor, its token's life, its way out
rooms.py        which rooms there are and who may read them; domains register theirs
projects.py     the rooms of a domain, one file each; records.py those of all kinds with an owner
join.py         `ready`, `join` with replay, `leave`
follower.py     each process follows the log of the rooms its sockets are in
places.py       a room as the process knows it, and a connection's place in it
history.py      is it still the log that was followed? A restored database has another
lag.py          clients too slow for live events, served from the log
rights.py       what a fact takes away, acted on at its seq; the check of live sessions
bus.py          hints between processes over Redis
interest.py     who elsewhere listens to what, so that nothing is told to nobody
link.py         the connections that they go through
presence.py     who is here
signals.py      who is typing, who points where
metrics.py      what Prometheus sees

The log in PostgreSQL is the truth; a push, from this process or over the bus, only saves the wait for the next look.
"""
