"""The signed-in person in one tab: who it is, signing in, first-run consent."""
