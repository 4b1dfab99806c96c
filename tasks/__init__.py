"""What happens later: jobs, followers of the log, the outside.

Jobs: `worker.py` the process, `runner.py` claims and runs, `ledger.py` the row's moves, `context.py` what a handler is
given, `registry.py` `@job`, `sweeper.py` the look around, `schedule.py` cron lines; `kinds.py` imports every module
that declares jobs: `auth.py`, `contracts.py`, `reminders.py`, `retention.py`, `outbound/mail.py`.

Facts: `dispatch.py` the process, `hints.py` its ear, `followers/` what is done, `audit.py` the check of the trail.

`process.py` is what both processes stand on, `outbound/` the only code that leaves the building.
"""
