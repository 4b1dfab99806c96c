"""Teams and their people.

`service` has the team itself, `people` who is in it, `roles` which role may give which, `departure` what goes with who
leaves, `invitations` who is asked to join, `accept` how they do.
"""
