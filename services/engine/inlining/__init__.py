"""Putting the body of a function, or the value of a variable, where its name is used."""
