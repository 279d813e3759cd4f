"""The command line: `iama up`, `doctor`, `migrate` and the commands that run jobs in a terminal."""
