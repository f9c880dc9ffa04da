"""From SQL to gadgets: expressions, aggregates, groups."""
