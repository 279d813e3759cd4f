"""Python 2 sources as Python 3: established fixers first, then what they leave, then what nobody can prove."""
