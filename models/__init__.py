"""What exists: tables and the rules a row can check alone; imports nothing of ours."""
