"""The worker: Faust moves micro-batches into the core, and the core's rows out. No arithmetic, no KPI words."""
