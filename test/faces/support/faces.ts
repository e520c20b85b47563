import { ServiceError } from '../../../src/protocol/errors.ts';
import { startWorker } from '../../../src/rpc/client/client.ts';
import { moduleFolder } from '../../powershell/module-session.ts';
import { workerFile } from '../../support/worker.ts';
import { AnsibleFace } from './ansible.ts';
import { documentOf, enforcementOf, type Face, inDocuments, labelOf, rangeOf } from './face.ts';
import { PowerShellFace } from './powershell.ts';

const wire: Face = {
  name: 'JSON-RPC',
  can: () => true,
  async make(at, change, whatIf) {
    const command = [...at.prefix, process.execPath, workerFile, '--stdio'];
    await using worker = await startWorker({ command, env: at.env });
    const { kind, protocol } = change;
    const place = { protocol, range: rangeOf(change), whatIf };
    const { document } = change;
    try {
      if (kind === 'reserve') {
        const label = labelOf(change);
        await worker.request('reservation/create', {
          protocol,
          ...rangeOf(change),
          lifetime: 'persistent',
          ...label,
          ...enforcementOf(change),
          whatIf,
        });
      } else if (kind === 'release') {
        await worker.request('reservation/release', { ...place, ...(document && { document }) });
      } else if (kind === 'exclude') {
        await worker.request('exclusion/add', { ...place, ...labelOf(change) });
      } else await worker.request('exclusion/remove', place);
      return 'done';
    } catch (error) {
      if (error instanceof ServiceError) return `${error.errorName}: ${error.message}`;
      throw error;
    }
  },
};

const commandLine: Face = {
  name: 'command line',
  can: () => true,
  async make(at, change, whatIf) {
    const { kind, startPort, numberOfPorts, name, document } = change;
    const range = `${startPort}-${startPort + numberOfPorts - 1}`;
    const label = [...(name ? ['--name', name] : []), ...(document ? ['--document', document] : [])];
    const { enforcement, allow } = enforcementOf(change);
    const kernel = [
      ...(enforcement ? ['--enforcement', enforcement] : []),
      ...(allow ? ['--allow-user', allow.user!] : []),
    ];
    const words = {
      reserve: [
        'new',
        '--persistent',
        '--start-port',
        `${startPort}`,
        '--ports',
        `${numberOfPorts}`,
        ...label,
        ...kernel,
      ],
      release: ['remove', range, ...label],
      exclude: ['exclude', 'add', range, ...label],
      include: ['exclude', 'remove', range],
    }[kind];
    const { code, stderr } = await at.portreservation(...words, '--json', ...(whatIf ? ['--what-if'] : []));
    if (code === 0) return 'done';
    const { error } = JSON.parse(stderr.split('\n')[0]!);
    return `${error.name}: ${error.message}`;
  },
};

/** `apply` with a document; a release is an entry that is pruned. */
const documents: Face = {
  name: 'document',
  can: inDocuments,
  async make(at, change, whatIf) {
    const input = JSON.stringify(documentOf(change));
    const words = ['apply', '-', '--format', 'json', '--json', '--prune', ...(whatIf ? ['--what-if'] : [])];
    const { stdout, stderr } = await at.run([process.execPath, commandFile(), ...words], { input });
    if (!stdout) {
      const { error } = JSON.parse(stderr.split('\n')[0]!);
      return `${error.name}: ${error.message}`;
    }
    const failed = JSON.parse(stdout).changes.find((one: { error?: object }) => one.error);
    return failed ? `${failed.error.name}: ${failed.error.message}` : 'done';
  },
};

const commandFile = () => `${moduleFolder}/worker/portreservation.mjs`;

/** The resources of DSC, as their manifests start them. */
const dsc: Face = {
  name: 'DSC',
  can: ({ document }) => !document,
  async make(at, change, whatIf) {
    const { kind, protocol, name } = change;
    const resource = kind === 'reserve' || kind === 'release' ? 'Reservation' : 'Exclusion';
    const isThere = kind === 'reserve' || kind === 'exclude';
    const instance = { protocol, ...rangeOf(change), ...(name && { name }), ...enforcementOf(change), _exist: isThere };
    const words = ['set', resource, ...(whatIf ? ['--what-if'] : [])];
    const { code, stdout, stderr } = await at.run([process.execPath, `${moduleFolder}/worker/dsc.cjs`, ...words], {
      input: JSON.stringify(instance),
    });
    if (code !== 0) return JSON.parse(stderr.split('\n')[0]!).error;
    const { _metadata } = JSON.parse(stdout.split('\n')[0]!);
    const failure = _metadata?.whatIf.find((sentence: string) => sentence.startsWith('Would fail: '));
    return failure ? failure.slice('Would fail: '.length) : 'done';
  },
  saysMore: true,
};

export const faces: Face[] = [wire, commandLine, documents, dsc, new AnsibleFace(), new PowerShellFace()];
