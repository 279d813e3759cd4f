"""Screens of the Repositories section: W8."""
