import type { WindowsMachine } from '../windows/support/windows.ts';

/** Gives Node's own server a socket that carries a token, as a TypeScript user would; says the port it listens on. */
export async function nodeRoute(machine: WindowsMachine, start: number): Promise<unknown> {
  const script = await machine.script(`
    import { createRequire } from 'node:module';
    import { createServer } from 'node:net';
    const koffi = createRequire(import.meta.url)(process.env.LAB_KOFFI);
    const ws2 = koffi.load('ws2_32.dll');
    const open = ws2.func('intptr_t __stdcall WSASocketW(int, int, int, void*, uint32_t, uint32_t)');
    const control = ws2.func('int __stdcall WSAIoctl(uintptr_t, uint32_t, void*, uint32_t, void*, uint32_t, _Out_ uint32_t*, void*, void*)');
    const lastError = ws2.func('int __stdcall WSAGetLastError()');
    const ioctl = (socket, code, input, output) =>
      control(socket, code, input, input.length, output, output?.length ?? 0, [0], null, null) === 0 ? 0 : lastError();
    const [holder, socket] = [open(2, 1, 6, null, 0, 0x81), open(2, 1, 6, null, 0, 0x81)];
    const range = Buffer.alloc(4);
    range.writeUInt16BE(${start}, 0);
    range.writeUInt16LE(2, 2);
    const instance = Buffer.alloc(16);
    const answer = { acquire: ioctl(holder, 0x98000064, range, instance) };
    answer.associate = ioctl(socket, 0x98000066, instance.subarray(8), null);
    const { TCP, constants } = process.binding('tcp_wrap');
    const handle = new TCP(constants.SERVER);
    answer.open = handle.open(Number(socket));
    answer.bind = handle.bind('127.0.0.1', 0);
    const server = createServer().on('error', (error) => console.log(JSON.stringify({ ...answer, listen: error.code })));
    server.listen(handle, () => {
      console.log(JSON.stringify({ ...answer, inBlock: server.address().port - ${start} }));
      server.close();
    });`);
  const { stdout, stderr } = await script.ended;
  return stdout ? JSON.parse(stdout) : stderr;
}
