#!/usr/bin/python
# MIT License, see LICENSE

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: info
short_description: Tell which ports a host has reserved and excluded, and whether that is in force
version_added: 0.1.0
description:
  - Reads what lasts, the persistent reservations and the exclusions, those of others too, and compares it with the kernel's
    list and with what the files make of it at the next restart. It changes nothing.
options:
  within:
    description:
      - Also find the free ports in this range, such as C(21000-21999), by binding each for a moment.
      - What documents have reserved is in C(own_ranges) of the result.
    type: str
  number:
    description: With I(within), how many ports each free range has at least.
    type: int
    default: 1
  protocol:
    description: With I(within), in which protocols the ports are to be free.
    type: list
    elements: str
    choices: [tcp, udp]
    default: [tcp]
  document:
    description: With I(within), the document whose reservations are as good as free.
    type: str
  name:
    description: With I(document), only its reservations of this name.
    type: str
attributes:
  check_mode:
    description: It changes nothing, so it does the same.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  platform:
    description: Where it runs.
    platforms: posix
    support: full
requirements:
  - On the managed host Python 3.6, Node 20.19 and the program portreservation, each or newer.
notes:
  - It needs no root, and sees the system's reservations then, too, where no other I(home) is asked for.
  - Tokens are not in the result.
seealso:
  - module: portreservation.ports.desired_state
  - module: portreservation.ports.common_block
extends_documentation_fragment:
  - portreservation.ports.program
author:
  - The maintainers of PortReservation (@portreservation)
"""

EXAMPLES = r"""
- name: See what is reserved
  portreservation.ports.info:
  register: reserved

- name: Let nginx listen on the shop's port
  ansible.builtin.copy:
    content: "server { listen {{ reserved.ports.web }}; }\n"
    dest: /etc/nginx/conf.d/shop.conf
    mode: '0644'

- name: Fail where something has taken ports away
  ansible.builtin.assert:
    that: reserved.in_force
    fail_msg: '{{ reserved.drift }}'
"""

RETURN = r"""
version:
  description: The version of the program on the managed host.
  returned: always
  type: str
  sample: 0.1.0
provider:
  description: What looked at it.
  returned: always
  type: str
  sample: linux
ports:
  description: The first port of each reservation that has a name. Where UDP has other ports under it than TCP, they are
    under the name with C(_udp) behind it.
  returned: always
  type: dict
  sample: { web: 21040, dns: 21053 }
reservations:
  description: The persistent reservations, with protocol, range, enforcement, state, and where they have them name, reason,
    document, allow, owner and createdAt.
  returned: always
  type: list
  elements: dict
exclusions:
  description: The exclusions, with protocol, range, store, state, own, source, and where they have them name, reason and
    document. Those of others have the state C(foreign).
  returned: always
  type: list
  elements: dict
in_force:
  description: Whether all that is recorded is in force, now and from the next restart on.
  returned: always
  type: bool
drift:
  description: What is not, with kind, protocol, range, name and state, which is C(lost) or C(lostAtBoot).
  returned: always
  type: list
  elements: dict
free_ranges:
  description: The free ranges, each with startPort and numberOfPorts.
  returned: with I(within)
  type: list
  elements: dict
own_ranges:
  description: The reservations of I(document) and I(name), without them of any document, which are there in all of the
    protocols; each with startPort, numberOfPorts, document and name.
  returned: with I(within)
  type: list
  elements: dict
rc:
  description: The exit code of the command line, or the negative number of the signal that killed it.
  returned: when it gave no result
  type: int
error:
  description: Why nothing could be looked at, with code, name, message, and often hint and target.
  returned: when the command line says so
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.portreservation.ports.plugins.module_utils.answer import message_of, own_ranges
from ansible_collections.portreservation.ports.plugins.module_utils.program import PROGRAM_ARGUMENTS, ask


def argument_spec():
    return dict(
        PROGRAM_ARGUMENTS,
        within=dict(type='str'),
        number=dict(type='int', default=1),
        protocol=dict(type='list', elements='str', choices=['tcp', 'udp'], default=['tcp']),
        document=dict(type='str'),
        name=dict(type='str'),
    )


def free_ranges(module):
    """What is free, nothing where the command line finds nothing."""
    params = module.params
    words = ['find', '--all', '--within', params['within'], '--ports', str(params['number'])]
    answer = ask(module, words + ['--protocol', ','.join(params['protocol'])], ['ranges', 'error'])
    error = answer.get('error')
    if error and error['name'] != 'NoFreeRange':
        module.fail_json(msg=message_of(error), error=error)
    return answer.get('ranges', [])


def main():
    module = AnsibleModule(
        argument_spec=argument_spec(),
        required_by=dict(document='within', name='document'),
        supports_check_mode=True,
    )
    answer = ask(module, ['info'], ['drift', 'error'])
    if 'error' in answer:
        module.fail_json(msg=message_of(answer['error']), error=answer['error'])
    for warning in answer['warnings']:
        module.warn(warning)
    result = dict((key, answer[key]) for key in ['version', 'provider', 'ports', 'reservations', 'exclusions', 'drift'])
    if module.params['within']:
        result['free_ranges'] = free_ranges(module)
        result['own_ranges'] = own_ranges(answer['reservations'], module.params)
    module.exit_json(changed=False, in_force=answer['inForce'], **result)


if __name__ == '__main__':
    main()
