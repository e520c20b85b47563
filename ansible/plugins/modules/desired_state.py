#!/usr/bin/python
# MIT License, see LICENSE

DOCUMENTATION = r"""
module: desired_state
short_description: Reserve and exclude TCP and UDP ports as a document asks for
version_added: 0.1.0
description:
  - Makes the persistent port reservations and the port exclusions of a desired-state document so, by
    C(portreservation apply).
  - What is as it should be is left alone, so a second run changes nothing. An entry that fails does not keep the
    others from being made; the task fails then, and says which and why.
options:
  document:
    description:
      - The document, as in a file of its own. All that it makes carries its name.
      - Either this or I(src) is required.
    type: dict
    suboptions:
      $schema:
        description: Where an editor finds the schema of documents. Nothing is read from there.
        type: str
      name:
        description: The document's name, 1 to 100 characters. Whatever carries it and is no longer in the document
          is the document's to remove.
        type: str
        required: true
      reservations:
        description: The persistent reservations that should be there.
        type: list
        elements: dict
        suboptions:
          protocol: &protocol
            description: C(tcp), C(udp), or both, then it is made in both or in neither.
            type: list
            elements: str
            choices: [tcp, udp]
            required: true
          startPort: &startPort
            description: The first port, 1 to 65535.
            type: int
            required: true
          numberOfPorts: &numberOfPorts
            description: How many consecutive ports. The last one is at most 65535.
            type: int
            default: 1
          name: &name
            description: A name to find it by, 1 to 100 characters.
            type: str
          reason: &reason
            description: Why, for the next reader, 1 to 500 characters.
            type: str
      exclusions:
        description: The ranges that should be kept out of automatic choice. Anyone may bind them by number.
        type: list
        elements: dict
        suboptions:
          protocol: *protocol
          startPort: *startPort
          numberOfPorts: *numberOfPorts
          store:
            description: C(active) lasts until the next restart of the host, C(persistent) from then on too.
            type: str
            choices: [active, persistent]
            default: persistent
          name: *name
          reason: *reason
  src:
    description:
      - A document on the managed host, JSON where the name ends in C(.json), else YAML.
      - Either this or I(document) is required.
    type: path
  prune:
    description: Remove what carries the document's name and is no longer in it. Otherwise only what is in the way of
      something new is removed.
    type: bool
    default: false
  provider:
    description: How it is carried out. C(auto) is C(linux) on Linux, C(ledger) elsewhere.
    type: str
    choices: [auto, linux, ledger]
    default: auto
  executable:
    description:
      - The command line of PortReservation on the managed host. A name is looked for on C(PATH).
      - As a list, the words of a command that ends in it. No shell reads them.
    type: list
    elements: str
    default: [portreservation]
attributes:
  check_mode:
    description: Says what would be done and changes nothing. A port in use is seen only when it is really taken.
    support: full
  diff_mode:
    description: Shows each reservation and exclusion that is created, updated or released.
    support: full
requirements:
  - On the managed host Python 3.6, Node 20.19 and the program portreservation, each or newer.
notes:
  - Persistent reservations and exclusions need root, so C(become=true), except with I(provider=ledger).
  - C(PORT_RESERVATION_HOME) in the task's C(environment) says where the ledger is.
seealso:
  - module: ansible.windows.dsc3
author:
  - The maintainers of PortReservation
"""

EXAMPLES = r"""
- name: Reserve the shop's ports
  portreservation.ports.desired_state:
    document:
      name: shop
      reservations:
        - { protocol: tcp, startPort: 21040, numberOfPorts: 3, name: web, reason: the front end }
        - { protocol: [tcp, udp], startPort: 21053, name: dns }
      exclusions:
        - { protocol: tcp, startPort: 5173, reason: the dev server's }
    prune: true
  become: true

- name: Give back all that the document ever asked for
  portreservation.ports.desired_state:
    document: { name: shop }
    prune: true
  become: true

- name: Apply a document of the host, with a Node of its own
  portreservation.ports.desired_state:
    src: /etc/port-reservation/ports.yaml
    executable: [/opt/node/bin/node, /opt/PortReservation/worker/portreservation.mjs]
  become: true
"""

RETURN = r"""
name:
  description: The name of the document.
  returned: when it was applied, also in part
  type: str
  sample: shop
changes:
  description: What was done about each reservation and exclusion, in the order it was done, or in check mode would be.
  returned: when it was applied, also in part
  type: list
  elements: dict
  contains:
    action:
      description: C(create), C(update), C(release), or C(none) where it is as it should be.
      type: str
    kind:
      description: C(reservation) or C(exclusion).
      type: str
    protocol:
      description: C(tcp) or C(udp).
      type: str
    range:
      description: Its startPort and numberOfPorts.
      type: dict
    name:
      description: Its name, if it has one.
      type: str
    differs:
      description: Of an update, what is not as it should be, of C(name), C(reason), C(document) and C(store).
      type: list
      elements: str
    before:
      description: Of an update, what differs, as it was.
      type: dict
    after:
      description: Of an update, what differs, as it is to be.
      type: dict
    error:
      description: Why it failed, with name, message, and often hint and target. It was not changed then.
      type: dict
  sample:
    - { action: create, kind: reservation, protocol: tcp, range: { startPort: 21040, numberOfPorts: 3 }, name: web }
failures:
  description: Those of the changes that failed.
  returned: when some failed
  type: list
  elements: dict
error:
  description: Why nothing could be applied, with code, name, message, and often hint, target, or errors by field.
  returned: when the command line says so
  type: dict
"""

import json
import os
import subprocess

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.portreservation.ports.plugins.module_utils.answer import (
    answer_of, diff_of, failure_of, message_of)

EXIT_CODE_CHANGED = 2


def argument_spec():
    def entries(**more):
        return dict(type='list', elements='dict', options=dict(
            protocol=dict(type='list', elements='str', choices=['tcp', 'udp'], required=True),
            startPort=dict(type='int', required=True),
            numberOfPorts=dict(type='int', default=1),
            name=dict(type='str'),
            reason=dict(type='str'),
            **more
        ))

    store = dict(type='str', choices=['active', 'persistent'], default='persistent')
    document = {
        '$schema': dict(type='str'),
        'name': dict(type='str', required=True),
        'reservations': entries(),
        'exclusions': entries(store=store),
    }
    return dict(
        document=dict(type='dict', options=document),
        src=dict(type='path'),
        prune=dict(type='bool', default=False),
        provider=dict(type='str', choices=['auto', 'linux', 'ledger'], default='auto'),
        executable=dict(type='list', elements='str', default=['portreservation']),
    )


def without_none(value):
    """What was not given is None in the parameters; the document has no such keys."""
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value


def program(module):
    """The words that start the command line, or a failure that says what to install."""
    words = module.params['executable']
    found = words and module.get_bin_path(words[0])
    if not found:
        module.fail_json(msg=(
            "There is no program {0!r} on the managed host, where PATH is {1}. Install it there, for example by "
            "'npm install --global portreservation-<version>.tgz', or say in the option executable where it is."
        ).format(words[0] if words else '', os.environ.get('PATH', '')))
    return [found] + words[1:]


def apply(module):
    """Runs the command line. Gives its exit code, and the object that it wrote as a result or as an error."""
    params = module.params
    document = params['document']
    words = program(module) + ['apply', '--json', '--detailed-exitcode', '--provider', params['provider']]
    if params['prune']:
        words.append('--prune')
    if module.check_mode:
        words.append('--what-if')
    words += [os.path.abspath(params['src'])] if document is None else ['--format', 'json', '-']
    text = '' if document is None else json.dumps(without_none(document))
    try:
        # Not module.run_command: there a program that ends before it reads is a broken pipe, and what it said is lost.
        done = subprocess.run(words, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        module.fail_json(msg='{0} cannot be run: {1}.'.format(words[0], error))
    code, out, err = done.returncode, done.stdout.decode(errors='replace'), done.stderr.decode(errors='replace')
    answer = answer_of(out, err)
    if answer is None:
        module.fail_json(rc=code, msg=(
            '{0} ended with exit code {1} and without a result. It needs Node 20.19 or newer as node on PATH. '
            'It said: {2}'
        ).format(words[0], code, (err or out).strip()))
    return code, answer


def main():
    module = AnsibleModule(
        argument_spec=argument_spec(),
        required_one_of=[('document', 'src')],
        mutually_exclusive=[('document', 'src')],
        supports_check_mode=True,
    )
    code, answer = apply(module)
    if 'error' in answer:
        error = answer['error']
        module.fail_json(msg=message_of(error, module.params['src']), error=error)
    for warning in answer.get('warnings', []):
        module.warn(warning)
    changes = answer['changes']
    result = dict(name=answer['document'], changes=changes)
    if module._diff:
        result['diff'] = diff_of(answer['document'], changes)
    failures = [change for change in changes if 'error' in change]
    if failures:
        message = failure_of(answer['document'], failures, len(changes))
        module.fail_json(msg=message, failures=failures, changed=answer['changed'], **result)
    module.exit_json(changed=code == EXIT_CODE_CHANGED, **result)


if __name__ == '__main__':
    main()
