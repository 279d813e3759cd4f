"""Figures of the product, each beside its peer or its goal."""
