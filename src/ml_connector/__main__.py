"""`python -m ml_connector`: the command line."""

from __future__ import annotations

from ml_connector.cli import main

if __name__ == "__main__":
    main()
