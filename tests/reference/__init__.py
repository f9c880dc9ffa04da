"""An independent reading of zkql's SQL: the same statements on DuckDB, on random queries and data."""
