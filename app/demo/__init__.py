"""A believable company with a year of history, lived through the real services and the same for every seed."""
