"""What happens later: jobs, followers of the log, the outside."""
