"""SHOW: what the service did, as pages and as tables for the terminal. Reads the store, writes nothing."""
