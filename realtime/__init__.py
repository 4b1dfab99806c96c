"""Who hears it live."""
