"""The execution plane: one port, providers behind it, evidence of what each really enforces."""
