"""The same job in other systems, one module each. They run in an environment of their own (bench/requirements.txt)."""
