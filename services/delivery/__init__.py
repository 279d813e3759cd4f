"""Handing over a result: diffs, evidence, publications, patch bundles."""
