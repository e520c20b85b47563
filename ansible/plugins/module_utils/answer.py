# MIT License, see LICENSE
"""What the command line answers, in words and as a difference."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

MOST_FAILURES_IN_MESSAGE = 3


def answer_of(out, err, keys=('changes', 'error')):
    """The result that was written to output, or the error to errors, where Node may have warned of something before."""
    for text in [out] + err.splitlines()[::-1]:
        try:
            value = json.loads(text)
        except ValueError:
            continue
        if isinstance(value, dict) and any(key in value for key in keys):
            return value
    return None


def message_of(error, src=None):
    """The error, with what to do about it."""
    if error.get('name') != 'InvalidDocument':
        return ' '.join(part for part in [error['message'], error.get('hint')] if part)
    faults = '; '.join(fault_of(fault, src) for fault in error['errors'])
    return '{0} is wrong, and nothing was changed: {1}.'.format(src or 'The document', faults)


def fault_of(fault, src):
    """One fault of a document. Only of a file does anybody know the lines."""
    place = 'line {line}, column {column}: '.format(**fault) if src and 'line' in fault else ''
    return '{0}{1} {2}'.format(place, fault['field'] or 'it', fault['message'])


def failure_of(name, failures, number):
    """Which entries failed, and why."""
    said = ['{0}: {1}'.format(title_of(change), message_of(change['error'])) for change in failures]
    more = len(said) - MOST_FAILURES_IN_MESSAGE
    if more > 0:
        said[MOST_FAILURES_IN_MESSAGE:] = ['{0} more are in failures.'.format(more)]
    return "{0} of {1} entries of the document '{2}' failed. {3}".format(len(failures), number, name, ' '.join(said))


def diff_of(answer):
    """What changes, as it was and as it is, in lines."""
    name = answer['document']
    before, after = '', ''
    if 'moved' in answer:
        line = 'list of reserved ports in {0}\n'
        before += line.format(answer['moved']['from'])
        after += line.format(answer['moved']['to'])
    repeated = answer.get('repeated', {})
    before += lines_of_others(repeated.get('removed', []))
    after += lines_of_others(repeated.get('added', []))
    for change in answer['changes']:
        action = change['action']
        if action == 'none' or 'error' in change:
            continue
        if action != 'create':
            before += entry_of(change, change.get('before', {}))
        if action != 'release':
            after += entry_of(change, change.get('after', {}))
    return dict(before=before, after=after, before_header=name, after_header=name)


def entry_of(change, values):
    lines = ['  {0}: {1}'.format(key, json.dumps(values[key], ensure_ascii=False)) for key in sorted(values)]
    return ''.join(line + '\n' for line in [title_of(change)] + lines)


def lines_of_others(ranges):
    return ''.join('of other files {0}\n'.format(ports_of(one)) for one in ranges)


def own_ranges(reservations, params):
    """What the document has under the name in each of the protocols; without a document what any document has."""
    def ranges_in(protocol):
        return [
            dict(one['range'], document=one['document'], name=one.get('name', '')) for one in reservations
            if one['protocol'] == protocol and 'document' in one
            and params['document'] in [None, one['document']] and params['name'] in [None, one.get('name')]
        ]

    first, others = params['protocol'][0], params['protocol'][1:]
    return [one for one in ranges_in(first) if all(one in ranges_in(protocol) for protocol in others)]


def title_of(change):
    return '{0} {1} {2}'.format(change['kind'], change['protocol'], ports_of(change['range']))


def ports_of(range_):
    start, number = range_['startPort'], range_['numberOfPorts']
    return '{0}-{1}'.format(start, start + number - 1) if number > 1 else str(start)
