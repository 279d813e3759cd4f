"""Which parts of a tree a model needs to see: filter before parsing, slices with reasons, pruning, anchors back."""
