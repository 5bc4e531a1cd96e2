"""Exercises: grading what a reader wrote or painted, and reading the reports that students hand in."""
