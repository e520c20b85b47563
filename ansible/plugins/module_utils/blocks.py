# MIT License, see LICENSE
"""Ranges of ports, as first and last, and what of them is free on every host."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

MAXIMUM_PORT = 65535


def parse_range(text):
    """First and last port; None where it is no range of ports."""
    found = re.match(r'^\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?\s*$', text)
    if not found:
        return None
    first = int(found.group(1))
    last = int(found.group(2) or first)
    return (first, last) if 1 <= first <= last <= MAXIMUM_PORT else None


def pairs_of(ranges):
    return [(one['startPort'], one['startPort'] + one['numberOfPorts'] - 1) for one in ranges]


def joined(pairs):
    """The same ports in as few ranges as there can be."""
    found = []
    for first, last in sorted(pairs):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def common(a, b):
    """What is in both."""
    both = [(max(first, other), min(last, end)) for first, last in a for other, end in b]
    return [(first, last) for first, last in both if first <= last]


def of_one_document(answers, number):
    """
    Where nobody says for which document the block is to be: what the hosts have for a document by ranges of so many ports,
    where there is one document and name alone that it can be. Gives the answers with that, and whether it cannot be told.
    """
    fitting = [[one for one in answer['own_ranges'] if one['numberOfPorts'] == number] for answer in answers]
    names = set((one['document'], one['name']) for ranges in fitting for one in ranges)
    kept = fitting if len(names) == 1 else [[] for answer in answers]
    return [dict(answer, own_ranges=own) for answer, own in zip(answers, kept)], len(names) > 1


def choose_block(answers, number):
    """
    The first port of a block that every host has free, or of which it has the reservation already: the one that most hosts
    have, so that a second run finds what the first one made, or the lowest.
    """
    free = [joined(pairs_of(answer['free_ranges']) + pairs_of(answer.get('own_ranges', []))) for answer in answers]
    usable = free[0]
    for one in free[1:]:
        usable = common(usable, one)
    usable = [(first, last) for first, last in usable if last - first + 1 >= number]
    if not usable:
        return None
    own = [one[0] for answer in answers for one in pairs_of(answer.get('own_ranges', [])) if one[1] - one[0] + 1 == number]
    kept = [start for start in set(own) if any(first <= start and start + number - 1 <= last for first, last in usable)]
    return min(kept, key=lambda start: (-own.count(start), start)) if kept else usable[0][0]
