"""One gadget a class: its template, its parameters, its advice and its cost, side by side."""
