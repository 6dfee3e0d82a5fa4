"""The Grafana boards, made by code: python -m grafana.generate writes grafana/dashboards, a test compares."""
