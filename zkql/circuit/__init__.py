"""From a staged plan to ZoKrates source, and from rows to the inputs of that circuit."""
