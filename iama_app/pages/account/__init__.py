"""Screens of the account: W1, W2."""
