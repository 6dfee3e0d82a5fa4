"""The independent judge: every KPI of the catalogue, computed from the events by SQL in DuckDB.

A second opinion, written from the definitions (the R numbers are those of the rulings, the K numbers those of the KPI
catalogue) and sharing no code with the pipeline: no pane, no histogram, no refold, no difference of sums. What is
timed is cut by intersecting intervals, what is counted is counted, a percentile is a sample.

    oracle = Oracle(records, {"time": {"zone": "Asia/Jerusalem"}})
    oracle.rows()                                   # the window all
    oracle.rows("15m", now_ms=...)                  # what a board shows at that moment
    oracle.rows(from_ms=..., to_ms=...)             # a report with --from and --to
    compare(report["rows"], oracle.rows())          # [] or what differs
"""

from tests.oracle.comparison import Row, Rows, compare
from tests.oracle.judge import Oracle, Record

__all__ = ["Oracle", "Record", "Row", "Rows", "compare"]
