"""Changing how a function is called, at its definitions and at every call together."""
