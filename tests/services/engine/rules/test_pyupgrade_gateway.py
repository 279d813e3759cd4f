"""Upgraded texts: declarations of an encoding."""

import pytest

from services.engine.rules.pyupgrade_gateway import upgraded

OLD, NEW = 'word = "{}".format(name)\n', 'word = f"{name}"\n'


def _upgraded(text: str) -> str:
    return upgraded(text, "3.11", percent_format=False, runtime_typing=False)


class TestUpgraded:
    @pytest.mark.parametrize(
        "head", ["# -*- coding: latin-1 -*-\n", "#!/usr/bin/env python\n# vim: set coding=cp1252:\n"]
    )
    def test_keeps_the_declaration_of_another_encoding(self, head: str) -> None:
        assert _upgraded(head + OLD) == head + NEW

    def test_drops_the_declaration_that_says_what_is_so_anyway(self) -> None:
        assert _upgraded("# -*- coding: utf-8 -*-\n" + OLD) == NEW

    def test_leaves_a_text_in_an_unknown_encoding(self) -> None:
        assert _upgraded("# coding: nonsense\n" + OLD) == "# coding: nonsense\n" + OLD
