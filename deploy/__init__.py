"""What runs around the pipeline: Prometheus' rules (made by ``deploy.rules``), Alertmanager's routes, images."""
