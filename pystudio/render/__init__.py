"""Label maps and mattes made visible, and written as PNG."""
