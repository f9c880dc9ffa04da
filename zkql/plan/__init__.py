"""What is computed: types, expressions, the logical plan, its stages, their evaluation."""
