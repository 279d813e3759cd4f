"""Taking statements or expressions out into a function, a method, a variable or a constant."""
