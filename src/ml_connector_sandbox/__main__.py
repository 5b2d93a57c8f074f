"""`python -m ml_connector_sandbox --dir DIR`: the simulated vendors without the product."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ml_connector_sandbox.cloudsuite.app import PRODUCTS
from ml_connector_sandbox.jira.site import DEPLOYMENTS
from ml_connector_sandbox.serve import CannotServe, serve


def main() -> int:
    """Parse the arguments and serve until stopped."""
    parser = argparse.ArgumentParser(prog="ml_connector_sandbox", description="Two vendors, simulated on this machine.")
    parser.add_argument("--dir", type=Path, required=True, help="where sandbox.json is written and the world is kept")
    parser.add_argument("--jira-port", type=int, default=0)
    parser.add_argument("--cloudsuite-port", type=int, default=0)
    parser.add_argument("--product", default="fsm", choices=tuple(PRODUCTS))
    parser.add_argument("--jira-deployment", default="cloud", choices=DEPLOYMENTS)
    parser.add_argument("--scale", type=int, default=1, help="times 25 purchase orders")
    parser.add_argument("--tls", action="store_true", help="serve https with a generated authority, DIR/ca.pem")
    parser.add_argument("--empty", action="store_true", help="no purchase orders and no projects")
    parser.add_argument("--fresh", action="store_true", help="forget the world that a former run kept in DIR")
    asked = parser.parse_args()
    try:
        serve(
            asked.dir,
            asked.jira_port,
            asked.cloudsuite_port,
            product=asked.product,
            jira_deployment=asked.jira_deployment,
            scale=asked.scale,
            tls=asked.tls,
            empty=asked.empty,
            fresh=asked.fresh,
        )
    except CannotServe as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command line tells its errors
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
