"""From pixels to masks without a network: regions, classic methods, things, mattes, and the brush."""
