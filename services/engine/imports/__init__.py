"""Import statements: where they stand, how they are written, adding, removing and ordering them."""
