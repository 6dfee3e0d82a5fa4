"""The board: follows the aggregates, merges them, and shows them to Prometheus, to programs and to people."""
