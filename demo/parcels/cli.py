# -*- coding: utf-8 -*-
"""The counter's commands: quote, accept, totals, places."""
from __future__ import print_function, unicode_literals

import argparse
import datetime
import os
import sys
from typing import List, Optional

from . import __version__
from .label import make_number, render
from .ledger import Entry, Ledger, render_totals
from .parcel import Parcel, ParcelError, parse_size
from .tariff import TariffError, format_cents, quote
from .zones import ZoneError, find_place, places_by_country, read_places

PREFIX = 'CP'


def build_parser():
    parser = argparse.ArgumentParser(prog='parcels', description='Parcel counter %s' % __version__)
    parser.add_argument('--ledger', default='ledger.txt')
    commands = parser.add_subparsers(dest='command')
    for name in ('quote', 'accept'):
        command = commands.add_parser(name)
        command.add_argument('--from', dest='origin', required=True)
        command.add_argument('--to', dest='target', required=True)
        command.add_argument('--weight', type=float, required=True)
        command.add_argument('--size', required=True)
        command.add_argument('--value', type=float, default=0)
        command.add_argument('--fragile', action='store_true')
        command.add_argument('--express', action='store_true')
        command.add_argument('--discount', type=int, default=0)
        if name == 'accept':
            command.add_argument('--address', required=True)
    commands.add_parser('totals')
    commands.add_parser('places')
    return parser


def _quote_of(args):
    places = read_places()
    origin = find_place(places, args.origin)
    target = find_place(places, args.target)
    parcel = Parcel(args.weight, parse_size(args.size), value=args.value, fragile=args.fragile)
    return target, quote(parcel, origin, target, express=args.express, discount_percent=args.discount)


def run_quote(args, out):
    _, price = _quote_of(args)
    for line in price.lines:
        out.write('%s %10s\n' % (line.label.ljust(16), format_cents(line.cents)))
    out.write('%s %10s\n' % ('total'.ljust(16), format_cents(price.total)))
    return 0


def run_accept(args, out, now=None):
    target, price = _quote_of(args)
    ledger = Ledger(args.ledger)
    number = make_number(PREFIX, ledger.next_serial())
    if now is None:
        now = datetime.datetime.now()
    ledger.append(Entry(number, target.name, price.total, now))
    marks = []
    if args.fragile:
        marks.append('fragile')
    if args.express:
        marks.append('express')
    out.write(render(number, args.address, marks) + '\n')
    return 0


def run_totals(args, out):
    out.write('%s\n' % render_totals(Ledger(args.ledger)))
    return 0


def run_places(args, out):
    for country, names in sorted(places_by_country(read_places()).items()):
        out.write('{0}: {1}\n'.format(country, ', '.join(names)))
    return 0


COMMANDS = {'quote': run_quote, 'accept': run_accept, 'totals': run_totals, 'places': run_places}


def main(argv=None, out=None):
    # type: (Optional[List[str]], object) -> int
    """Run one command; 0 when it worked, 1 with a message when it was refused, 2 without a command."""
    out = out or sys.stdout
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help(out)
        return 2
    try:
        return COMMANDS[args.command](args, out)
    except (ParcelError, TariffError, ZoneError) as error:
        out.write('refused: %s\n' % error)
        return 1


if __name__ == '__main__':
    sys.exit(main())
