# MIT License, see LICENSE

# The documentation of win_desired_state.ps1.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: win_desired_state
short_description: Reserve and exclude TCP and UDP ports of Windows as a document asks for
version_added: 0.1.0
description:
  - Makes the persistent port reservations and the port exclusions of a desired-state document so, by the cmdlet
    C(Import-PortReservation).
  - What is as it should be is left alone, so a second run changes nothing. An entry that fails does not keep the
    others from being made; the task fails then, and says which and why.
options:
  document:
    description:
      - The document, as in a file of its own, with C(name), C(reservations) and C(exclusions). All that it makes carries
        its name. The module M(portreservation.ports.desired_state) describes its entries.
      - Either this or I(src) is required.
    type: dict
  src:
    description:
      - A document's file on the managed host, JSON where the name ends in C(.json), else YAML.
      - Either this or I(document) is required.
    type: path
  prune:
    description: Remove what carries the document's name and is no longer in it. Otherwise only what is in the way of
      something new is removed.
    type: bool
    default: false
  provider:
    description: How it is carried out. C(auto) is C(windows) on Windows.
    type: str
    choices: [auto, windows, ledger]
    default: auto
  home:
    description: Where the ledger is, an absolute path; else the place that the module takes by itself.
    type: path
  module:
    description: The PowerShell module, by its name or by the path of its folder.
    type: str
    default: PortReservation
attributes:
  check_mode:
    description: By C(-WhatIf). Says what would be done and what would fail, and changes nothing.
    support: full
  diff_mode:
    description: The changes are in the result.
    support: none
  platform:
    description: Where it runs.
    platforms: windows
    support: full
requirements:
  - On the managed host the PowerShell module PortReservation, for Windows PowerShell 5.1 or PowerShell 7.
notes:
  - Persistent reservations and exclusions need an administrator, except with I(provider=ledger), which has no exclusions.
  - It was run by PowerShell 7 on Linux, with the module utility of Ansible that it uses, and nowhere on Windows yet.
seealso:
  - module: portreservation.ports.desired_state
author:
  - The maintainers of PortReservation (@portreservation)
"""

EXAMPLES = r"""
- name: Reserve the shop's ports
  portreservation.ports.win_desired_state:
    document:
      name: shop
      reservations:
        - { protocol: tcp, startPort: 21040, numberOfPorts: 3, name: web, reason: the front end }
    prune: true
"""

RETURN = r"""
version:
  description: The version of the PowerShell module on the managed host.
  returned: when it could be imported
  type: str
  sample: 0.1.0
changes:
  description: What was done about each reservation and exclusion, or in check mode would be, with action, kind, protocol,
    range, and where there is one a name, what differs and the error.
  returned: always
  type: list
  elements: dict
  sample:
    - { action: create, kind: reservation, protocol: tcp, range: { startPort: 21040, numberOfPorts: 3 }, name: web }
"""
