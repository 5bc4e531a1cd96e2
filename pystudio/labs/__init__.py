"""The labs: a folder each, with everything that is theirs alone. `pystudio.session.labs` says which calls a lab's handler answers."""
