"""What the product does. Slices import downwards only, in the order held by import-linter."""
