"""Plans, costs and leakage, for people and programs."""
