"""DO: poll, plan, apply. Reads both sides and our ledger, asks the core, writes what the plan says and nothing else."""
