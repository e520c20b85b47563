# MIT License, see LICENSE
"""Runs a module on many hosts from within one action."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import inspect
import json
import os
import select

from ansible import constants
from ansible.executor.task_executor import TaskExecutor
from ansible.playbook.play_context import PlayContext


def on_each_host(action, module, args, hosts, task_vars):
    """
    What the module answers on each of the hosts, as many at once as Ansible has forks: with the connection, become and
    variables that a task of the play has there.
    """
    waiting, running, answers = list(hosts), {}, {}
    while waiting or running:
        while waiting and len(running) < max(1, constants.DEFAULT_FORKS):
            host = waiting.pop(0)
            process, reader = forked(lambda one=host: answer_of(action, module, args, one, task_vars))
            running[reader] = (host, process, [])
        for reader in select.select(list(running), [], [])[0]:
            host, process, parts = running[reader]
            part = os.read(reader, 65536)
            if part:
                parts.append(part)
                continue
            os.close(reader)
            os.waitpid(process, 0)
            del running[reader]
            answers[host] = read(b''.join(parts))
    return answers


def forked(work):
    """The work in a process of its own: what Ansible keeps of a connection is of one process. Gives where it writes to."""
    reader, writer = os.pipe()
    process = os.fork()
    if process:
        os.close(writer)
        return process, reader
    try:
        os.close(reader)
        try:
            answer = work()
        except Exception as error:  # whatever it is, one host gave no answer
            answer = dict(failed=True, msg='{0}: {1}'.format(type(error).__name__, error))
        with os.fdopen(writer, 'wb') as pipe:
            pipe.write(json.dumps(answer).encode('utf-8'))
    finally:
        os._exit(0)


def read(text):
    try:
        return json.loads(text.decode('utf-8'))
    except ValueError:
        return dict(failed=True, msg='its process ended')


def answer_of(action, module, args, host, task_vars):
    hostvars = task_vars['hostvars']
    inventory, variables = hostvars._inventory, hostvars._variable_manager
    task = action._task.copy(exclude_parent=False)
    task.action, task.args = module, args
    task.resolved_action = module
    for once in ['loop', 'loop_with', 'register', 'until', 'delegate_to']:
        if hasattr(task, once):
            setattr(task, once, None)
    task.when, task.changed_when, task.failed_when = [], [], []
    the_host = inventory.get_host(host)
    job_vars = variables.get_vars(play=task.get_play() if hasattr(task, 'get_play') else task._parent._play, host=the_host, task=task)
    known = dict(
        host=the_host,
        task=task,
        job_vars=job_vars,
        play_context=PlayContext(play=task._parent._play, passwords=dict(
            conn_pass=action._play_context.password, become_pass=action._play_context.become_pass)),
        new_stdin=getattr(action._connection, '_new_stdin', None),
        loader=action._loader,
        shared_loader_obj=action._shared_loader_obj,
        final_q=None,
        variable_manager=variables,
    )
    # Ansible's releases differ in what they ask for.
    wanted = [name for name in inspect.signature(TaskExecutor.__init__).parameters if name != 'self']
    return plain(TaskExecutor(**dict((name, known[name]) for name in wanted)).run())


def plain(answer):
    """What a pipe carries."""
    keys = ['failed', 'unreachable', 'msg', 'free_ranges', 'own_ranges']
    return dict((key, answer[key]) for key in keys if key in answer)
