"""One command that runs everything: `python -m server.run`.

`__main__` is the sequence, `supervisor` keeps the processes of the Procfile alive, `postgres` and `redis` run the
embedded services, `account` finds whom they run as under root, `child` starts a process that cannot outlive us.
"""
