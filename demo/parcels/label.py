# -*- coding: utf-8 -*-
"""Parcel numbers with their check digit, and the label that is stuck on."""
from __future__ import unicode_literals

import re
import string
import textwrap
from typing import List

LABEL_WIDTH = 34
NUMBER_FORMAT = re.compile('^[A-Z]{2}\\d{9}$')
WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


class LabelError(ValueError):
    pass


def check_digit(serial):
    # type: (str) -> int
    """Return the check digit of eight digits."""
    if len(serial) != 8 or not serial.isdigit():
        raise LabelError('a serial has eight digits, not %r' % str(serial))
    total = 0
    for i in range(len(serial)):
        total = total + int(serial[i]) * WEIGHTS[i]
    rest = 11 - (total % 11)
    if rest == 10:
        return 0
    elif rest == 11:
        return 5
    else:
        return rest


def make_number(prefix, serial):
    # type: (str, int) -> str
    """Return a parcel number such as 'CP000000425'."""
    if len(prefix) != 2 or any([c not in string.ascii_uppercase for c in prefix]):
        raise LabelError('a prefix has two capital letters, not {0}'.format(prefix))
    digits = '%08d' % serial
    return '%s%s%d' % (prefix, digits, check_digit(digits))


def is_number(text):
    # type: (str) -> bool
    """Say whether a text is a parcel number with the right check digit."""
    if NUMBER_FORMAT.match(text) is None:
        return False
    if check_digit(text[2:10]) == int(text[10]):
        return True
    else:
        return False


def wrap_address(address):
    # type: (str) -> List[str]
    lines = []
    for part in address.split(';'):
        for line in textwrap.wrap(part.strip(), LABEL_WIDTH - 4):
            lines.append(line)
    return lines


def render(number, address, marks=None):
    # type: (str, str, List[str]) -> str
    """Draw the label as text, a frame around number, address and marks."""
    if not is_number(number):
        raise LabelError('not a parcel number: {}'.format(number))
    frame = '+' + ('-' * (LABEL_WIDTH - 2)) + '+'
    rows = [frame, _row(number), _row('')]
    for line in wrap_address(address):
        rows.append(_row(line))
    if marks:
        rows.append(_row(''))
        rows.append(_row('[' + '] ['.join([mark.upper() for mark in marks]) + ']'))
    rows.append(frame)
    return '\n'.join(rows)


def _row(text):
    return '| %s |' % text.ljust(LABEL_WIDTH - 4)
