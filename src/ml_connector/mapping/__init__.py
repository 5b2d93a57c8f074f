"""Mapping as code: sheets in and out, versions with author and reason, golden examples, promotion to production.

- `sheets`: the lists of a mapping as CSV, and back
- `change`: putting a changed text in place, kept as a version
- `examples`: orders and hours with what has to come of them; `trial` tries them
- `promotion`: from one environment to the next, as a reviewed difference
"""
