"""Ids, clock, actor and source trees: values that every slice shares."""
