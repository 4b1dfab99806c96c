"""What happens, and HTTP."""
