"""Infor M3: transactions of MI programs over the M3 API (v2)."""
