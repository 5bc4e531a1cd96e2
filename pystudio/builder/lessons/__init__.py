"""The lesson pages: what their fences say and become, and every mistake that can be found in them before a reader does."""
