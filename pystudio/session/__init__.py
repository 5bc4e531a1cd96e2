"""One visitor's session: its state, the calls that a page may make, and which lab answers them."""
