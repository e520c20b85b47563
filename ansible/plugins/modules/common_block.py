#!/usr/bin/python
# MIT License, see LICENSE

# The documentation of the action common_block, which runs on the controller.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: common_block
short_description: Find a block of ports that is free on every host of the play
version_added: 0.1.0
description:
  - Asks each host of the play by M(portreservation.ports.info) for its free ranges, and gives the first port of a block that
    is free on all of them. Nothing is reserved - M(portreservation.ports.desired_state) does that with a document in which
    the port stands.
  - It runs once for all hosts of the play, and the result is registered for each of them. Those that do not answer are
    left out and named.
options:
  number:
    description: How many consecutive ports the block has.
    type: int
    default: 1
  within:
    description: Where to look, the first and the last port, such as C(21000-21999).
    type: str
    required: true
  protocol:
    description: In which protocols the ports are to be free.
    type: list
    elements: str
    choices: [tcp, udp]
    default: [tcp]
  document:
    description: The document that is to have the ports. What hosts have of it already counts as free, and the block that
      most of them have is taken again, so that a second run finds the same. If not given, that is so where one document alone
      has reserved a block of that size there, under one name.
    type: str
  name:
    description: With I(document), the name of the reservation.
    type: str
  require_all:
    description: Fail where a host does not answer.
    type: bool
    default: false
attributes:
  check_mode:
    description: It changes nothing, so it does the same.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  platform:
    description: Which hosts it asks.
    platforms: posix
    support: full
  action:
    description: Runs on the controller, and asks the hosts from there.
    support: full
  bypass_host_loop:
    description: Runs once for all hosts, so it has no loop over them, and not with the strategy C(free).
    support: full
requirements:
  - On the managed hosts what M(portreservation.ports.info) needs.
notes:
  - A port that is free now may be taken a moment later. Where that happens, the task that reserves it fails there.
seealso:
  - module: portreservation.ports.info
  - module: portreservation.ports.desired_state
extends_documentation_fragment:
  - portreservation.ports.program
author:
  - The maintainers of PortReservation (@portreservation)
"""

EXAMPLES = r"""
- name: Find three ports that are free everywhere
  portreservation.ports.common_block:
    number: 3
    within: 21000-21999
    document: shop
    name: web
  register: block

- name: Reserve them
  portreservation.ports.desired_state:
    document:
      name: shop
      reservations:
        - { protocol: tcp, startPort: '{{ block.start_port }}', numberOfPorts: 3, name: web }
  become: true
"""

RETURN = r"""
start_port:
  description: The first port of the block.
  returned: when there is one
  type: int
  sample: 21040
end_port:
  description: The last port of the block.
  returned: when there is one
  type: int
  sample: 21042
number_of_ports:
  description: How many ports it has.
  returned: when there is one
  type: int
  sample: 3
hosts:
  description: The hosts that it is free on.
  returned: always
  type: list
  elements: str
unanswered:
  description: Why each of the others did not answer.
  returned: always
  type: dict
  sample: { shop7: 'Failed to connect to the host via ssh' }
"""
