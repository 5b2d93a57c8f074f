"""Orders that the vendor's invoices consume. Goal: hours in the ledger to the second, no money twice, figures that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from engine.acme import ANALYST, START, Acme, refused
from ml_connector.core.document import Document
from ml_connector.demo.connection import NAME
from ml_connector.engine import proposal, undo
from ml_connector.engine.accrual import accrue
from ml_connector.engine.fit import find_fit
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.engine.whatif import what_if
from ml_connector.policy import cost_policy

pytestmark = pytest.mark.slow
Build = Callable[..., Acme]
YESTERDAY = START.date() - timedelta(days=1)
