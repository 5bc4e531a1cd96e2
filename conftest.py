"""For every test: a busy machine is no mistake of ours, so Hypothesis sets no example a time limit."""
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
