"""The scalar functions in circuits, a module for each of :mod:`zkql.plan.functions`."""
