"""Chooses the next stage: outcomes, actions and timers in, one transition out. Work runs under leases."""
