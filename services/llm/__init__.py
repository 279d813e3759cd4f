"""Models: one typed door for every stage, one router, and the keyless `iama-rules` provider behind it.

Owns routing, prompts, calls, caps, validation and the record of each call. Storing that record, charging for it and
deciding when a stage runs are left to the caller.
"""
