# MIT License, see LICENSE
"""Finds a block of ports that is free on every host of the play."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.portreservation.ports.plugins.module_utils.blocks import choose_block, of_one_document, parse_range
from ansible_collections.portreservation.ports.plugins.module_utils.program import PROGRAM_ARGUMENTS
from ansible_collections.portreservation.ports.plugins.plugin_utils.each_host import on_each_host

INFO = 'portreservation.ports.info'


class ActionModule(ActionBase):

    # Once for all hosts, whose answers are joined here.
    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        super(ActionModule, self).run(tmp, task_vars)
        # What is registered is for every host.
        self._task.run_once = True
        _validated, args = self.validate_argument_spec(
            argument_spec=dict(
                PROGRAM_ARGUMENTS,
                number=dict(type='int', default=1),
                within=dict(type='str', required=True),
                protocol=dict(type='list', elements='str', choices=['tcp', 'udp'], default=['tcp']),
                document=dict(type='str'),
                name=dict(type='str'),
                require_all=dict(type='bool', default=False),
            ),
            required_by=dict(name='document'),
        )
        window = parse_range(args['within'])
        if window is None:
            raise AnsibleActionFail('within must be the first and the last port, such as 21000-21999.')
        if not 1 <= args['number'] <= window[1] - window[0] + 1:
            raise AnsibleActionFail('number must be 1 to {0}, as many ports as within has.'.format(window[1] - window[0] + 1))
        return self._joined(args, task_vars)

    def _joined(self, args, task_vars):
        asked = dict((key, args[key]) for key in args if args[key] is not None and key != 'require_all')
        if args['document'] is not None:
            # A smaller range may be joined with what the document has already.
            asked['number'] = 1
        hosts = list(task_vars['ansible_play_hosts_all'])
        living = set(task_vars['ansible_play_hosts'])
        answers = on_each_host(self, INFO, asked, [host for host in hosts if host in living], task_vars)
        unanswered = dict((host, 'failed earlier in this play') for host in hosts if host not in living)
        unanswered.update((host, why_not(answer)) for host, answer in answers.items() if is_failed(answer))
        result = dict(changed=False, hosts=sorted(set(hosts) - set(unanswered)), unanswered=unanswered)
        told = '; '.join('{0} ({1})'.format(host, unanswered[host]) for host in sorted(unanswered))
        if unanswered and (args['require_all'] or not result['hosts']):
            return dict(result, failed=True, msg='Not every host answered: {0}.'.format(told))
        given, warnings = [answers[host] for host in result['hosts']], []
        window = parse_range(args['within'])
        given = [dict(one, own_ranges=within(one['own_ranges'], window)) for one in given]
        if args['document'] is None:
            given, is_unclear = of_one_document(given, args['number'])
            if is_unclear:
                warnings.append('Several documents have blocks of {0} ports there, so another one was looked for: name document '
                                'and name to find the same block again.'.format(args['number']))
        block = choose_block(given, args['number'])
        if unanswered:
            warnings.append('Hosts that did not answer were left out: {0}.'.format(told))
        if warnings:
            result['warnings'] = warnings
        if block is None:
            message = 'No block of {0} consecutive {1} ports in {2} is free on all of {3} hosts.'.format(
                args['number'], ' and '.join(args['protocol']), args['within'], len(result['hosts']))
            return dict(result, failed=True, msg=message + ' Ask for fewer ports, or look in a wider range.')
        end = block + args['number'] - 1
        return dict(result, start_port=block, end_port=end, number_of_ports=args['number'])


def within(ranges, window):
    return [one for one in ranges if window[0] <= one['startPort'] <= window[1] - one['numberOfPorts'] + 1]


def is_failed(answer):
    return bool(answer.get('failed') or answer.get('unreachable') or 'free_ranges' not in answer)


def why_not(answer):
    """Why the host gave no ranges, in one line."""
    lines = str(answer.get('msg') or 'it gave no result').strip().splitlines()
    return lines[0] if lines else 'it gave no result'
