"""The domain, pure: lifecycles, facts, panes, windows, formulas. No clock, no I/O, no framework; time is an
argument.
"""
