"""Knows the plain ideas every wing speaks in: money, dates, numbers, names, errors."""
