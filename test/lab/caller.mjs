// Runs under Windows Node: makes the calls it is told to on standard input, an object a line, and answers likewise.
// The bindings are the lab's own, so that the simulated kernel is tested without the product.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const koffi = createRequire(import.meta.url)(process.env.LAB_KOFFI);
const system = (name) => koffi.load(`C:\\windows\\system32\\${name}`);
const iphlpapi = system('iphlpapi.dll');
const winsock = system('ws2_32.dll');

const simulation = () => koffi.load(process.env.LAB_KERNEL);

const AF_INET = 2;
const AF_INET6 = 23;
const KINDS = { tcp: [1, 6], udp: [2, 17] };
const INVALID_SOCKET = 2n ** 64n - 1n;

const bound = new Map();
function bind(library, prototype) {
  if (!bound.has(prototype)) bound.set(prototype, library.func(prototype));
  return bound.get(prototype);
}
const ws = (prototype, ...args) => bind(winsock, prototype)(...args);
const lastError = () => ws('int __stdcall WSAGetLastError()');
const codeOf = (returned) => (returned === 0 ? 0 : lastError());

const swap = (port) => ((port & 0xff) << 8) | (port >> 8);
const title = (protocol) => protocol[0].toUpperCase() + protocol.slice(1);
const named = (verb, protocol) => `uint32_t __stdcall ${verb}Persistent${title(protocol)}PortReservation`;

function persistent(verb, protocol, startPort, numberOfPorts) {
  const call = bind(iphlpapi, `${named(verb, protocol)}(uint16_t, uint16_t, _Out_ uint8_t*)`);
  const token = Buffer.alloc(8);
  const code = call(swap(startPort), numberOfPorts, token);
  return code === 0 ? { code, token: String(token.readBigUInt64LE()) } : { code };
}

const WSA_IOCTL =
  'int __stdcall WSAIoctl(uintptr_t, uint32_t, uint8_t*, uint32_t, _Out_ uint8_t*, uint32_t, _Out_ uint32_t*, void*, void*)';

function ioctl(socket, controlCode, input, output, count = [0xffff]) {
  const returned = ws(
    WSA_IOCTL,
    socket,
    controlCode,
    input,
    input?.length ?? 0,
    output,
    output?.length ?? 0,
    count,
    null,
    null,
  );
  return { code: codeOf(returned), bytes: count?.[0] ?? null };
}

function tokenInput(token) {
  const input = Buffer.alloc(8);
  input.writeBigUInt64LE(BigInt(token));
  return input;
}

const families = new Map();

function address(socket, port, host) {
  const inet6 = families.get(socket) === AF_INET6;
  const bytes = Buffer.alloc(inet6 ? 28 : 16);
  bytes.writeUInt16LE(inet6 ? AF_INET6 : AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  if (host && inet6) bytes[23] = 1;
  if (host && !inet6) bytes.set([127, 0, 0, 1], 4);
  return bytes;
}

function portOf(socket) {
  const name = Buffer.alloc(28);
  const returned = ws('int __stdcall getsockname(uintptr_t, _Out_ uint8_t*, _Inout_ int*)', socket, name, [28]);
  return returned === 0 ? name.readUInt16BE(2) : undefined;
}

const withPort = (socket, returned) => {
  const code = codeOf(returned);
  return { code, port: portOf(socket) };
};

const listeners = new Map();

const primitives = {
  create: (...args) => persistent('Create', ...args),
  lookup: (...args) => persistent('Lookup', ...args),
  delete(protocol, startPort, numberOfPorts) {
    const call = bind(iphlpapi, `${named('Delete', protocol)}(uint16_t, uint16_t)`);
    return { code: call(swap(startPort), numberOfPorts) };
  },
  socket(protocol, family = AF_INET) {
    const socket = ws('uintptr_t __stdcall socket(int, int, int)', family, ...KINDS[protocol]);
    if (BigInt(socket) === INVALID_SOCKET) throw new Error(`socket: ${lastError()}`);
    families.set(socket, family);
    return socket;
  },
  acquire(socket, startPort, numberOfPorts) {
    const range = Buffer.alloc(4);
    range.writeUInt16BE(startPort, 0);
    range.writeUInt16LE(numberOfPorts, 2);
    const instance = Buffer.alloc(16);
    const answer = ioctl(socket, 0x98000064, range, instance);
    if (answer.code) return answer;
    const token = String(instance.readBigUInt64LE(8));
    return { ...answer, startPort: instance.readUInt16BE(0), numberOfPorts: instance.readUInt16LE(2), token };
  },
  associate: (socket, token) => ioctl(socket, 0x98000066, tokenInput(token), null),
  release: (socket, token) => ioctl(socket, 0x98000065, tokenInput(token), null),
  ioctl: (socket, code, input, outputSize, count) =>
    ioctl(socket, code, input && Buffer.from(input, 'hex'), outputSize ? Buffer.alloc(outputSize) : null, count),
  bind(socket, port, isLoopback) {
    const name = address(socket, port, isLoopback);
    return withPort(socket, ws('int __stdcall bind(uintptr_t, uint8_t*, int)', socket, name, name.length));
  },
  listen: (socket) => ({ code: codeOf(ws('int __stdcall listen(uintptr_t, int)', socket, 5)) }),
  connect(socket, port) {
    const name = address(socket, port, true);
    return withPort(socket, ws('int __stdcall connect(uintptr_t, uint8_t*, int)', socket, name, name.length));
  },
  sendTo(socket, port) {
    const name = address(socket, port, true);
    const prototype = 'int __stdcall sendto(uintptr_t, uint8_t*, int, int, uint8_t*, int)';
    const sent = ws(prototype, socket, Buffer.from('x'), 1, 0, name, name.length);
    return withPort(socket, sent === 1 ? 0 : sent);
  },
  reuse(socket) {
    const prototype = 'int __stdcall setsockopt(uintptr_t, int, int, uint8_t*, int)';
    return { code: codeOf(ws(prototype, socket, 0xffff, 4, Buffer.from([1, 0, 0, 0]), 4)) };
  },
  close: (socket) => ({ code: codeOf(ws('int __stdcall closesocket(uintptr_t)', socket)) }),
  winnatTakes(protocol, startPort, numberOfPorts) {
    const take = bind(simulation(), 'int __stdcall LabWinNatTakes(uint32_t, uint32_t, uint32_t)');
    return { code: take(KINDS[protocol][1], startPort, numberOfPorts) ? 0 : 1 };
  },
  winnat() {
    const now = Buffer.alloc(12);
    bind(simulation(), 'void __stdcall LabWinNat(_Out_ uint8_t*)')(now);
    const state = { 1: 'stopped', 4: 'running' }[now.readUInt32LE(0)];
    return { ...(state && { state }), stops: now.readUInt32LE(4) };
  },
  hides(protocol, startPort, numberOfPorts, code) {
    const hide = bind(simulation(), 'int __stdcall LabHides(uint32_t, uint32_t, uint32_t, uint32_t)');
    return { code: hide(KINDS[protocol][1], startPort, numberOfPorts, code) ? 0 : 1 };
  },
  httpListens(port) {
    return { code: bind(simulation(), 'uint32_t __stdcall LabHttpListens(uint32_t)')(port) };
  },
  acquireCalls: () => bind(simulation(), 'int32_t __stdcall LabAcquireCalls()')(),
  holdWinnat(held) {
    bind(simulation(), 'void __stdcall LabHoldWinNat(uint32_t)')(held ? 1 : 0);
    return {};
  },
  /** 0 while an HttpListener listens there, or its error; the simulated HTTP.sys where there is one. */
  async http(port) {
    if (process.env.LAB_KERNEL) return primitives.httpListens(port);
    const script = `$listener = New-Object System.Net.HttpListener; $listener.Prefixes.Add('http://localhost:${port}/')
      try { $listener.Start(); 'code 0' } catch { "code $($_.Exception.GetBaseException().ErrorCode)" }
      $null = [Console]::In.ReadLine()`;
    const file = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe';
    const child = spawn(file, ['-NoProfile', '-NonInteractive', '-Command', script], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    listeners.set(port, child);
    let said = '';
    for await (const data of child.stdout) {
      said += data;
      const code = /code (\d+)/.exec(said);
      if (code) return { code: Number(code[1]) };
    }
    return { code: -1 };
  },
  /** Ends what `http` began. */
  async httpEnd(port) {
    if (process.env.LAB_KERNEL) return { code: bind(simulation(), 'uint32_t __stdcall LabHttpEnds(uint32_t)')(port) };
    const child = listeners.get(port);
    child?.stdin.end();
    if (child && child.exitCode === null) await once(child, 'exit');
    return { code: 0 };
  },
  netsh(...args) {
    const { status, stdout } = spawnSync('C:\\windows\\system32\\netsh.exe', args, { encoding: 'latin1' });
    return { code: status, output: stdout };
  },
  elevated() {
    const advapi = system('advapi32.dll');
    const handle = [0];
    const elevation = [7];
    const needed = [0];
    const self = bind(system('kernel32.dll'), 'void* __stdcall GetCurrentProcess()')();
    bind(advapi, 'int __stdcall OpenProcessToken(void*, uint32_t, _Out_ uintptr_t*)')(self, 8, handle);
    const ask = bind(
      advapi,
      'int __stdcall GetTokenInformation(uintptr_t, int, _Out_ uint32_t*, uint32_t, _Out_ uint32_t*)',
    );
    if (!ask(handle[0], 20, elevation, 4, needed)) throw new Error('GetTokenInformation failed.');
    return elevation[0] !== 0;
  },
};

ws('int __stdcall WSAStartup(uint16_t, _Out_ uint8_t*)', 0x0202, Buffer.alloc(512));

// One after the other, so that the answers come in the order of the calls.
let last = Promise.resolve();
createInterface({ input: process.stdin }).on('line', (line) => {
  const { name, args } = JSON.parse(line);
  last = last.then(async () => {
    let answer;
    try {
      answer = { result: await primitives[name](...args) };
    } catch (error) {
      answer = { error: error.message };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  });
});
