"""The edit engine: project model, edit documents, goals and the catalogue of changes.

Pure: from a source tree to a change plan, from a tree and a document to a new tree. No database, settings or
network. Everything that needs one of those is left to the slices above.
"""
