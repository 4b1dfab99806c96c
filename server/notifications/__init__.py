"""What a member was told: made by the notify follower (`tasks/followers/notify.py`), read and marked here.

`schemas.py` the shape, `service.py` marking as read, `routes.py` the endpoints, `events.py` what the bell hears live.
"""
