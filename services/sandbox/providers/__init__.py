"""Sandbox providers, one file each; `services.sandbox.service` chooses among them."""
