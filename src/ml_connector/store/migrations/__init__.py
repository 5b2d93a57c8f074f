"""How a database gets to the schema of `tables.py`, one step at a time."""
