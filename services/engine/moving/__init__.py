"""Moving code between modules: symbols, whole modules and packages, folding two into one, splitting one up."""
