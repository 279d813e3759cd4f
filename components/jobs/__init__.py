"""The marks of a job: stage map, outcome strips, evidence, diff, decisions."""
