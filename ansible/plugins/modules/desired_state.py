#!/usr/bin/python
# MIT License, see LICENSE

from __future__ import absolute_import, division, print_function

__metaclass__ = type

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
      - The document, as in a file of its own. All that it makes carries its name. Of its C($schema) nothing is read.
      - Either this or I(src) is required.
    type: dict
    suboptions:
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
          enforcement:
            description:
              - Who is to be stopped. C(kernel) has Linux refuse every bind without the reservation's token.
              - What the host cannot give fails. If not given, only automatic choice is kept away.
            type: str
            choices: [kernel, ephemeralOnly]
          allow:
            description: Whom the kernel lets in without the token. Only with I(enforcement=kernel).
            type: dict
            suboptions:
              user:
                description: The processes of this user, by name or number.
                type: str
              service:
                description: The processes of this service or socket of systemd, such as C(nginx.service).
                type: str
              privileged:
                description: Whether those let in need no right to bind ports below 1024.
                type: bool
          inUse:
            description:
              - What is made of ports that somebody has already. C(allow) reserves them for the service that runs there
                already, and the record says so.
              - If not given, they are refused.
            type: str
            choices: [refuse, allow]
          name: &name
            description: A name to find it by, 1 to 100 characters.
            type: str
          reason: &reason
            description: Why, for the next reader, 1 to 500 characters.
            type: str
      exclusions:
        description: The ranges that should be kept out of automatic choice. Programs that open a socket may bind them by number.
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
      - A document's file, JSON where the name ends in C(.json), else YAML. It is on the controller, looked for as by the
        module M(ansible.builtin.copy), or with I(remote_src) on the managed host.
      - Either this or I(document) is required.
    type: path
  remote_src:
    description: Whether I(src) is on the managed host.
    type: bool
    default: false
  prune:
    description: Remove what carries the document's name and is no longer in it. Otherwise only what is in the way of
      something new is removed.
    type: bool
    default: false
  move_sysctl_conf:
    description:
      - Linux. Move the line of C(/etc/sysctl.conf) that sets C(net.ipv4.ip_local_reserved_ports), where
        M(ansible.posix.sysctl) puts it by default, into a file of C(/etc/sysctl.d).
      - Otherwise a warning says what the next restart makes of it.
    type: bool
    default: false
attributes:
  check_mode:
    description: Says what would be done, and what would fail for rights, for a port in use, or because another
      reservation, exclusion or document is in the way. It changes nothing.
    support: full
  diff_mode:
    description: Shows each reservation and exclusion that is created, updated, repaired or released, and of a document that is
      given inline the reason and store of what is new.
    support: full
  platform:
    description: Where it runs. For Windows there is M(portreservation.ports.win_desired_state).
    platforms: posix
    support: full
  action:
    description: Has a part that runs on the controller, which brings the file.
    support: full
requirements:
  - On the managed host Python 3.6, Node 20.19 and the program portreservation, each or newer.
notes:
  - Persistent reservations need root, so C(become=true), except with I(provider=ledger). Exclusions need root always, and
    I(provider=ledger) has none.
  - Options for all tasks are given by C(module_defaults) of the group C(portreservation.ports.all).
seealso:
  - module: portreservation.ports.win_desired_state
extends_documentation_fragment:
  - portreservation.ports.program
author:
  - The maintainers of PortReservation (@portreservation)
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
    remote_src: true
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
  returned: when it was applied, also in part; not where nothing was done for one reason, which is in C(error)
  type: list
  elements: dict
  contains:
    action:
      description: C(create), C(update), C(repair) where the system had lost it, C(release), or C(none) where it is as it
        should be.
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
      description: Of an update, what is not as it should be, of C(name), C(reason), C(document), C(enforcement), C(allow),
        C(store) and C(state).
      type: list
      elements: str
    before:
      description: Of an update, what differs, as it was. Of what is released, its name, reason and store.
      type: dict
    after:
      description: Of an update, what differs, as it is to be. Of what is created, its name, reason and store.
      type: dict
    error:
      description: Why it failed, with name, message, and often hint and target. It was not changed then.
      type: dict
  sample:
    - { action: create, kind: reservation, protocol: tcp, range: { startPort: 21040, numberOfPorts: 3 }, name: web }
version:
  description: The version of the program on the managed host.
  returned: when it was applied, also in part
  type: str
  sample: 0.1.0
repeated:
  description: What other files of C(/etc/sysctl.d) came to set since ours, which hides them, repeated them; with file,
    added and removed.
  returned: when it changed, or in check mode would
  type: dict
moved:
  description: The line of C(/etc/sysctl.conf) that was moved, with from and to.
  returned: when one was moved, or in check mode would be
  type: dict
failures:
  description: Those of the changes that failed.
  returned: when some failed
  type: list
  elements: dict
rc:
  description: The exit code of the command line, or the negative number of the signal that killed it.
  returned: when it gave no result
  type: int
error:
  description: Why nothing could be applied, with code, name, message, and often hint, target, or errors by field.
  returned: when the command line says so
  type: dict
"""

import json
import os

from ansible.module_utils.common.text.converters import to_bytes
from ansible_collections.portreservation.ports.plugins.module_utils.answer import (
    answer_of, diff_of, failure_of, message_of)
from ansible_collections.portreservation.ports.plugins.module_utils.entries import DocumentModule
from ansible_collections.portreservation.ports.plugins.module_utils.program import (
    PROGRAM_ARGUMENTS, about_version, add_version, program_of, run, why_no_result)

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
    enforcement = dict(type='str', choices=['kernel', 'ephemeralOnly'])
    allow = dict(type='dict', options=dict(
        user=dict(type='str'),
        service=dict(type='str'),
        privileged=dict(type='bool'),
    ))
    in_use = dict(type='str', choices=['refuse', 'allow'])
    document = dict(
        name=dict(type='str', required=True),
        reservations=entries(enforcement=enforcement, allow=allow, inUse=in_use),
        exclusions=entries(store=store),
    )
    return dict(
        PROGRAM_ARGUMENTS,
        document=dict(type='dict', options=document),
        src=dict(type='path'),
        remote_src=dict(type='bool', default=False),
        prune=dict(type='bool', default=False),
        move_sysctl_conf=dict(type='bool', default=False),
    )


def without_none(value):
    """What was not given is None in the parameters; the document has no such keys."""
    if isinstance(value, dict):
        return dict((key, without_none(item)) for key, item in value.items() if item is not None)
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value


def file_of(module):
    """The document's file on the host."""
    src = module.params['src']
    if not src:
        module.fail_json(msg="The option src is '': it has to name the document's file.")
    if not os.path.exists(to_bytes(src)) or os.path.isdir(to_bytes(src)):
        module.fail_json(msg='There is no document {0} on the managed host.'.format(src))
    return os.path.abspath(src)


def input_of(module, document):
    """A file of the task with the document, for standard input."""
    path = os.path.join(module.tmpdir, 'document.json')
    with open(path, 'wb') as file:
        file.write(to_bytes(json.dumps(document)))
    return path


def apply(module, document):
    """Runs the command line. Gives its exit code, and the object that it wrote as a result or as an error."""
    params = module.params
    words = program_of(module) + ['apply', '--json', '--detailed-exitcode', '--provider', params['provider']]
    if params['prune']:
        words.append('--prune')
    if params['move_sysctl_conf']:
        words.append('--move-sysctl-conf')
    if module.check_mode:
        words.append('--what-if')
    given = None
    if document is None:
        words.append(file_of(module))
    else:
        words += ['--format', 'json', '-']
        given = input_of(module, document)
    environment = dict(PORT_RESERVATION_HOME=params['home']) if params['home'] else {}
    code, out, err = run(module, words, environment, given)
    answer = answer_of(out, err)
    if answer is None:
        told = why_no_result(words[0], code, err or out)
        module.fail_json(rc=code, msg=told + about_version(module, program_of(module), code))
    if answer.get('error', {}).get('name') == 'Usage':
        add_version(module, answer['error'], code)
    return code, answer


def main():
    module = DocumentModule(
        argument_spec=argument_spec(),
        required_one_of=[('document', 'src')],
        mutually_exclusive=[('document', 'src')],
        supports_check_mode=True,
    )
    document = without_none(module.params['document'])
    code, answer = apply(module, document)
    if 'error' in answer:
        error = answer['error']
        module.fail_json(msg=message_of(error, module.params['src']), error=error)
    for warning in answer.get('warnings', []):
        module.warn(warning)
    changes = answer['changes']
    result = dict(name=answer['document'], changes=changes)
    result.update((key, answer[key]) for key in ['version', 'repeated', 'moved'] if key in answer)
    if module._diff:
        result['diff'] = diff_of(answer)
    failures = [change for change in changes if 'error' in change]
    if len(failures) > 1 and not answer['changed'] and len(set(one['error']['message'] for one in failures)) == 1:
        error = failures[0]['error']
        message = "Nothing of the document '{0}' was done, for one reason: {1}".format(result['name'], message_of(error))
        module.fail_json(msg=message, error=error, name=result['name'], version=result.get('version'))
    if failures:
        message = failure_of(answer['document'], failures, len(changes))
        module.fail_json(msg=message, failures=failures, changed=answer['changed'], **result)
    module.exit_json(changed=code == EXIT_CODE_CHANGED, **result)


if __name__ == '__main__':
    main()
