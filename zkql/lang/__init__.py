"""From text to a bound query: parse, types, bind."""
