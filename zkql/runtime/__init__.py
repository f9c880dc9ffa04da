"""The three parties: sensor, processor, consumer; and what passes between them."""
