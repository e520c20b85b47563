# The connection of the fleet's test: like local, in the namespaces of the process that the variable `holder` names.
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = """
name: inside
short_description: run in the namespaces of a process
description: As the connection local does, by nsenter.
author: PortReservation
options:
  holder:
    description: The process.
    type: int
    vars:
      - name: holder
"""

import shlex

from ansible.plugins.connection.local import Connection as Local


class Connection(Local):

    transport = 'inside'

    def exec_command(self, cmd, in_data=None, sudoable=True):
        words = ['nsenter', '-t', str(self.get_option('holder')), '-n', '-m', '-u', '--wd=/', '--']
        environment = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8', 'HOME=/root']
        line = ' '.join(shlex.quote(word) for word in words + environment + ['/bin/sh', '-c', cmd])
        return super(Connection, self).exec_command(line, in_data, sudoable)
