"""Pictures of the boards, from real data, with Grafana's own components: python -m grafana.pictures."""
