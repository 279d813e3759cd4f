"""`iama-rules`: every stage answered from program analysis, without a key or a network.

It plans with the engine's catalogue, measures with the tools handed in, repairs by leaving edits out, and says which
goals it cannot carry out. It knows LiteLLM only as the caller of `RulesProvider.answer`.
"""
