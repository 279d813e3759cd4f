"""Reading behaviour off a source tree: which calls were seen where, and what was expected of them."""
