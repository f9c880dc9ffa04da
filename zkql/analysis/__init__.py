"""Is the advice pinned? Decides whether wires of a compiled circuit follow from its inputs."""
