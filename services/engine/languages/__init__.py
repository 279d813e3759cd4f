"""Languages whose definitions the engine can anchor in: Python by its own grammar, others by tree-sitter.

Files of any other language take exact search-replace only.
"""
