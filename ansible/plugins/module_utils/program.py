# MIT License, see LICENSE
"""Finds the command line, runs it, and says why it gave no result."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import signal

from ansible_collections.portreservation.ports.plugins.module_utils.answer import answer_of

# The version of this collection, and of the program that it was made for.
VERSION = '0.1.0'
MOST_LINES = 20
EXIT_CODE_USAGE = 64
EXIT_CODE_OLD_NODE = 69
EXIT_CODES_NOT_RUN = (126, 127)
# Where npm installs to, also where sudo's secure_path or a service's PATH leaves it out.
USUAL_FOLDERS = ['/usr/local/bin']

# As the documentation fragment program describes them.
PROGRAM_ARGUMENTS = dict(
    provider=dict(type='str', choices=['auto', 'linux', 'ledger'], default='auto'),
    home=dict(type='path'),
    executable=dict(type='list', elements='str', default=['portreservation']),
)


def program_of(module):
    """The words that start the command line, or a failure that says what to install."""
    words = module.params['executable']
    found = words and module.get_bin_path(words[0], opt_dirs=USUAL_FOLDERS)
    if not found:
        module.fail_json(msg=(
            "There is no program {0!r} on the managed host, where PATH is {1} and {2} was looked at, too. Install it there, "
            "for example by 'npm install --global portreservation-<version>.tgz', or say in the option executable where it is."
        ).format(words[0] if words else '', os.environ.get('PATH', ''), ', '.join(USUAL_FOLDERS)))
    return [found] + words[1:]


def path_for(program):
    """PATH for `env node` in the program's first line: as a rule Node lies beside it. What is there goes first."""
    folders = os.environ.get('PATH', '').split(os.pathsep) + [os.path.dirname(program)] + USUAL_FOLDERS
    return os.pathsep.join(folder for index, folder in enumerate(folders) if folder and folder not in folders[:index])


def run(module, words, environment, given=None):
    """Runs the command line, with the file on its standard input. Gives its exit code and what it wrote."""
    environment = dict(environment, PATH=path_for(words[0]))
    if given is not None:
        # Not by the option data: of a program that ends before it has read all, what it said would be lost. The program
        # may be another user's, who cannot open the file. The shell sees no word of it all as its own.
        words = ['/bin/sh', '-c', 'exec "$@" < "$0"', given] + words
    try:
        return module.run_command(words, environ_update=environment, handle_exceptions=False)
    except (OSError, IOError) as error:
        module.fail_json(msg='{0} cannot be run: {1}.'.format(words[0], error))


def ask(module, words, keys):
    """What a command that only looks answers: an object with one of these keys."""
    params = module.params
    words = program_of(module) + words + ['--json', '--provider', params['provider']]
    environment = dict(PORT_RESERVATION_HOME=params['home']) if params['home'] else {}
    code, out, err = run(module, words, environment)
    answer = answer_of(out, err, keys)
    if answer is None:
        told = why_no_result(words[0], code, err or out)
        module.fail_json(rc=code, msg=told + about_version(module, program_of(module), code))
    if 'error' in answer and code == EXIT_CODE_USAGE:
        add_version(module, answer['error'], code)
    return answer


def why_no_result(program, code, said):
    """Why the command line gave no result, with the end of what it wrote."""
    text = last_lines(said)
    if code == EXIT_CODE_OLD_NODE:
        return '{0} Put a newer node first on PATH, or name one in the option executable.'.format(
            text.replace('portreservation: ', '', 1))
    if code in EXIT_CODES_NOT_RUN and 'node' in text:
        return (
            '{0} needs Node 20.19 or newer, and there is no Node on the managed host, where PATH is {1}, and {2} was looked '
            'at, too. Nothing was done. Install it there, or name it in the option executable. It said: {3}'
        ).format(program, os.environ.get('PATH', ''), ', '.join(USUAL_FOLDERS), text)
    number = -code if code < 0 else code - 128
    name = signal_name(number)
    if name:
        return (
            '{0} was killed by signal {1} ({2}) before it said what it did. A run in check mode tells what is left to do.{3}'
        ).format(program, number, name, ' It said: ' + text if text else '')
    return (
        '{0} ended with exit code {1} and without a result. It needs Node 20.19 or newer as node on PATH. It said: {2}'
    ).format(program, code, text)


def about_version(module, words, code):
    """What to know of a program that did not understand the words: it may be of another version."""
    if code != EXIT_CODE_USAGE:
        return ''
    out = run(module, words + ['--version'], {})[1].strip()
    if not out or out == VERSION:
        return ''
    return (
        ' The program on the managed host is version {0}, and this collection is made for {1}: install that one there, for '
        'example by the role portreservation.ports.install.'
    ).format(last_lines(out), VERSION)


def add_version(module, error, code):
    error['message'] = error['message'].rstrip('.') + '.' + about_version(module, program_of(module), code)


def signal_name(number):
    names = dict((getattr(signal, name), name) for name in dir(signal) if name.startswith('SIG') and '_' not in name)
    return names.get(number)


def last_lines(text):
    """The end of it: what a foreign program writes may be of any length."""
    lines = text.strip().splitlines()
    more = len(lines) - MOST_LINES
    return '\n'.join(['({0} lines more)'.format(more)] * (more > 0) + lines[-MOST_LINES:])
