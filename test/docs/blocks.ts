/** How a block is run in a shell of its own network, where `sudo` is nobody else and stand-ins are for what is not ours. */
export interface Run {
  /** Programs that only say how they were called. */
  calls?: string[];
  /** Lines that go before the line that contains the key. */
  before?: Record<string, string>;
  /** Lines that go first. */
  first?: string;
  /** Lines that go last. */
  last?: string;
  /** What its output is to hold. */
  says?: RegExp;
}

/** Blocks that are run by blocks.test.ts as they stand. */
export const run: Readonly<Record<string, Run>> = {
  'README.md: portreservation exec --ports 3 --name web -- npm t': {
    before: { 'portreservation wait': 'python3 -m http.server "$PORT" >/dev/null 2>&1 & SERVER=$!' },
    last: 'kill $SERVER',
    says: /npm test[\s\S]*Tcp +5173 [\s\S]*web[\s\S]*Removed tcp 21040-21042 "web"\.[\s\S]*is listened on/,
  },
  'docs/ci.md: portreservation exec --ports 2 --env WEB_PORT=0 --': { says: /npm test/ },
  'docs/ci.md: portreservation exec --port 5432 --wait 10m -- ./i': {
    first: "printf '#!/bin/sh\\necho tests at $PORT\\n' > integration-tests.sh; chmod +x integration-tests.sh",
    says: /tests at 5432/,
  },
  'docs/ci.md: portreservation new --for 2h --name api': {
    last: 'for i in 1 2 3 4 5 6 7 8 9; do portreservation test api || exit 0; sleep 1; done; exit 1',
    says: /api/,
  },
  'docs/command-line.md: portreservation exec --ports 3 --name web -- npm t': {
    calls: ['npm', 'docker', 'python3'],
    says: /npm test[\s\S]*python3 -m http.server \d+\n[\s\S]*docker compose up/,
  },
  'docs/command-line.md: PORT=$(portreservation new --pid $$ --plain)': { last: 'kill $!', says: /is listened on/ },
  'docs/desired-state.md: portreservation apply ports.yaml --what-if': {
    first:
      "printf 'name: shop\\nreservations: [{ protocol: tcp, startPort: 21040, name: web }]\\n' > ports.yaml; set +e",
    last: '[ $? -eq 2 ]',
    says: /21040/,
  },
  'docs/desired-state.md: portreservation export > ports.yaml': { last: 'cat ports.yaml' },
  'README.npm.md: portreservation exec --name web -- npx vite --port': {
    says: /npx vite --port \d+ --strictPort[\s\S]*Tcp +5173[\s\S]*Usage: portreservation exec/,
  },
};

const excerpt = 'an excerpt: it needs the code around it';
const inventedOutput = 'output of an invented machine, not input';
const ansible = 'tasks for a playbook of hosts: test/ansible runs the module and the roles';
const gate = 'needs the gate of the real kernel: test/kernel/gate runs each language';

/** All others, with why they are not run here. */
export const notRun: Readonly<Record<string, string>> = {
  'README.md: PS> Get-PortStatus 5173': `${inventedOutput}; test/readme.test.ts compares it with what the product says`,
  'README.md: Import-Module ./dist/PortReservation': 'run by test/newcomer in the PowerShell there is',
  "README.md: import http from 'node:http';": 'run by test/newcomer with the package',
  'README.md: npm run package':
    'builds all packages: npm test does so before it begins, and test/package installs them',
  'README.md: sudo portreservation new --persistent --start-port':
    'needs nginx as a service of systemd: test/kernel/systemd',
  'README.md: $ portreservation new --persistent --start-port 21': 'run by test/newcomer, with a server on the port',
  'README.md: New-PortExclusion -StartPort 5173 -Name vite    #':
    'changes the system: test/powershell/exclusion.test.ts',
  'README.md: name: shop': 'run by test/newcomer as a document',
  'docs/ansible.md: - name: Keep the service ports out of the ephemera': 'its document is applied by test/newcomer',
  'docs/ansible.md: ansible-galaxy collection build ansible': 'run by test/ansible',
  'docs/ansible.md: - name: Program': ansible,
  "docs/ansible.md: - name: Reserve the shop's ports": ansible,
  'docs/ansible.md: --- before: shop': inventedOutput,
  'docs/ansible.md: - portreservation.ports.info:': ansible,
  'docs/ansible.md: - portreservation.ports.common_block:': ansible,
  'docs/ansible.md: - name: Ports': ansible,
  'docs/architecture.md: powershell/   src/cli/   src/dsc/   src/library/': 'a drawing',
  'docs/ci.md: steps:': 'run step by step by test/newcomer',
  'docs/ci.md: test:': 'run by test/newcomer as one shell',
  'docs/ci.md: pipeline {': 'needs a Jenkins',
  'docs/clients.md: C=protocol.schema.json': 'run by test/examples/types.test.ts',
  'docs/clients.md: datamodel-codegen --input $C --input-file-type jso':
    'needs the generators, which no registry of CI has',
  'docs/command-line.md: portreservation exec -- pytest -n auto          #': 'run by test/demand with real runners',
  'docs/command-line.md: portreservation exec -- ./test.sh               #': 'run by test/demand',
  'docs/command-line.md: sudo portreservation new --persistent --start-port':
    'needs the gate: test/kernel/reservations',
  'docs/desired-state.md: # yaml-language-server: $schema=./desired-state.sc': 'read by blocks.test.ts',
  'docs/desired-state.md: Import-PortReservation ports.yaml -WhatIf': 'run by test/powershell/desired-state.test.ts',
  "docs/desired-state.md: const text = await readFile('ports.yaml', 'utf8');": excerpt,
  'docs/desired-state.md: Export-PortReservation ports.yaml': 'run by test/powershell/desired-state.test.ts',
  'docs/desired-state.md: portreservation import --from listeners --document':
    'needs what others left: test/desired-state and test/cli import it',
  'docs/dsc.md: export PATH="$PATH:/opt/PortReservation"': 'needs the DSC engine: test/dsc has what it does',
  'docs/dsc.md: $schema: https://aka.ms/dsc/schemas/v3/bundled/con': 'run by test/dsc',
  'docs/dsc.md: dsc config test --file ports.dsc.yaml': 'needs the DSC engine: test/dsc has what it does',
  'docs/dsc.md: - name: shop': 'resources of a document: run by test/dsc',
  'docs/dsc.md: - name: room for the database': 'resources of a document: run by test/dsc',
  'docs/editors.md: code --install-extension portreservation-vscode-<v': 'run by test/editors in a real editor',
  'docs/holds.md: portreservation exec --pass-sockets --env API=1 --': 'run by test/cli with real servers',
  'docs/install.md: mkdir -p /etc/port-reservation        # web.yaml,':
    'needs the deb or rpm and a systemd that runs: test/package installs them',
  "docs/library.md: import http from 'node:http';": excerpt,
  'docs/library.md: const vite = await createServer();': 'run by test/library with the real vite',
  'docs/library.md: // vitest.config.ts': 'run by test/library with the real runner',
  'docs/library.md: # .github/workflows/test.yml': 'needs that service; test/newcomer runs the steps of docs/ci.md',
  'docs/library.md: # .gitlab-ci.yml': 'needs that service; test/newcomer runs the script of docs/ci.md',
  'docs/library.md: using socket = await block.open();': excerpt,
  'docs/library.md: await listenOn(server, { port, reusePort: true });': excerpt,
  'docs/linux-kernel.md: # portreservation new --persistent --start-port 21': gate,
  'docs/linux-kernel.md: uint64_t token = strtoull(getenv("TOKEN"), NULL, 1': gate,
  'docs/linux-kernel.md: server.setsockopt(0x5052, 1, struct.pack("=Q", int': gate,
  'docs/linux-kernel.md: $server.SetRawSocketOption(0x5052, 1, [System.BitC': gate,
  'docs/linux-kernel.md: listen := net.ListenConfig{Control: func(_, _ stri': gate,
  'docs/linux-kernel.md: var server = ServerSocketChannel.open();': gate,
  'docs/linux-kernel.md: # ls /sys/fs/bpf/port-reservation': gate,
  'docs/linux-kernel.md: # portreservation settle --off              # enfo': gate,
  "README.npm.md: import http from 'node:http';": 'the same as in the README: run by test/newcomer',
  'docs/remote.md: Start-PortReservationWorker -Force -CommandLine ss':
    'needs a machine build01; test/powershell/worker.test.ts pastes it where there is none',
  'docs/remote.md: await using worker = await startWorker({ command:':
    'needs a machine build01; test/remote has a real ssh',
  'docs/remote.md: The program "ssh", which leads to the worker, ende': inventedOutput,
  'docs/signing.md: $certificate = Get-ChildItem Cert:\\CurrentUser\\My': 'needs a certificate of Windows',
  'docs/signing.md: New-FileCatalog -Path PortReservation -CatalogFile': 'needs a certificate of Windows',
  'docs/sockets.md: $web = New-PortReservation -NumberOfPorts 3': 'run by test/powershell/sockets.test.ts',
  "docs/test-suites.md: portreservation exec -- sh -c 'bazel test //... --": 'needs Bazel',
  'docs/test-suites.md: 4711 {"numberOfPorts":2,"protocol":"udp","name":"d':
    'what is said at an address, shortened: test/demand speaks it',
  'docs/traces.md: sudo rm -rf /sys/fs/bpf/port-reservation': 'run by test/newcomer, which looks what is left',
  'docs/where.md: created reservation tcp 21040-21042 name=web docum': inventedOutput,
  'docs/windows-five-minutes.md: git clone REPOSITORY portreservation':
    'needs a Windows and the place of the repository',
  'docs/windows-five-minutes.md: test\\live\\run-as-ordinary-user.ps1': 'needs a Windows',
};
