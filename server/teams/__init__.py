"""Teams: who is in them, with which role, and how people come and go."""
