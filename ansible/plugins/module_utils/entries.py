# MIT License, see LICENSE
"""Names the entry of a document that is wrong."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from copy import deepcopy

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator


class DocumentModule(AnsibleModule):
    """Where an entry of the document is wrong, Ansible itself says only in which list it is."""

    def _load_params(self):
        super(DocumentModule, self)._load_params()
        # Before what is not given is filled in.
        self.given = deepcopy(self.params.get('document'))

    def fail_json(self, msg, **kwargs):
        faults = faults_of(getattr(self, 'given', None), self.argument_spec['document']['options'])
        if faults:
            msg = 'The document is wrong, and nothing was changed: {0}.'.format('; '.join(faults))
        super(DocumentModule, self).fail_json(msg, **kwargs)


def faults_of(document, specification):
    """The faults of each entry, with its place."""
    found = []
    for kind in ['reservations', 'exclusions']:
        entries = document.get(kind) if isinstance(document, dict) else None
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            place = '{0}.{1}'.format(kind, index)
            if not isinstance(entry, dict):
                found.append('{0} must be a dictionary'.format(place))
                continue
            # It fills in what is not given.
            faults = ArgumentSpecValidator(specification[kind]['options']).validate(deepcopy(entry)).error_messages
            found += ['{0}: {1}'.format(place, fault) for fault in faults]
    return found
