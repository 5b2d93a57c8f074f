"""M3: transactions of MI programs over the M3 API (v2), as another face of the tenant's books."""
