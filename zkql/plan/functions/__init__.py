"""What SQL functions mean: type rules, NULL rules, evaluation; scalar, aggregate and analytic."""
