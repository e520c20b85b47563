# MIT License, see LICENSE
"""The options by which every module that runs the command line finds it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):

    DOCUMENTATION = r"""
options:
  provider:
    description: What it is done by. C(auto) is C(linux) on Linux, C(ledger) elsewhere.
    type: str
    choices: [auto, linux, ledger]
    default: auto
  home:
    description: Where the ledger is on the managed host, an absolute path; else what C(PORT_RESERVATION_HOME) says in the
      task's C(environment), or the place that the command line takes by itself.
    type: path
  executable:
    description:
      - The command line of PortReservation on the managed host. A name is looked for on C(PATH), then in C(/usr/local/bin),
        which C(sudo) leaves out on many systems. Node is looked for there, too.
      - As a list, the words of a command that ends in it. No shell reads them.
    type: list
    elements: str
    default: [portreservation]
"""
