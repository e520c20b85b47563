# MIT License, see LICENSE
"""Brings the document's file to the managed host."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash


class ActionModule(ActionBase):

    TRANSFERS_FILES = True
    _supports_async = True

    def run(self, tmp=None, task_vars=None):
        result = super(ActionModule, self).run(tmp, task_vars)
        args = dict(self._task.args)
        document = args.get('document')
        if isinstance(document, dict):
            # For editors alone, and no name that an option may have.
            args['document'] = dict((key, document[key]) for key in document if key != '$schema')
        src = args.get('src')
        is_brought = bool(src) and not boolean(args.get('remote_src', False), strict=False)
        if is_brought:
            args['src'] = self._bring(src)
        is_async = self._task.async_val
        try:
            result = merge_hash(result, self._execute_module(module_args=args, task_vars=task_vars, wrap_async=is_async))
        finally:
            if not is_async:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        if is_brought and 'msg' in result:
            result['msg'] = result['msg'].replace(args['src'], src)
        return result

    def _bring(self, src):
        """Copies the controller's file to the host, and gives the path there."""
        try:
            found = self._loader.get_real_file(self._find_needle('files', src))
        except AnsibleError as error:
            raise AnsibleActionFail('There is no document {0} on the controller: {1}'.format(src, error))
        shell = self._connection._shell
        ending = os.path.splitext(src)[1]
        brought = shell.join_path(shell.tmpdir, 'document' + ending)
        self._transfer_file(found, brought)
        self._fixup_perms2((shell.tmpdir, brought))
        return brought
