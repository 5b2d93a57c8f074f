"""DECIDE: pure functions over frozen records. Imports the standard library and `errors`, nothing else."""
