"""Prometheus' rules as data. Names come from the catalogue of metrics, so that a wrong one ends the making.

python -m deploy.rules     # writes deploy/prometheus/rules; a test compares what is committed with what it would write
"""
