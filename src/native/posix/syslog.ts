import { koffi } from '../koffi.ts';

const LOG_PID = 1;
const LOG_AUTHPRIV = 10 << 3;
const LOG_NOTICE = 5;
const ident = 'portreservation';

type Syslog = (text: string) => void;

let loaded: Promise<Syslog> | undefined;

/** Writes to the system's log, syslog(3): to the journal where systemd keeps it. Where there is none, nobody is told. */
export async function writeSyslog(text: string): Promise<void> {
  loaded ??= open();
  (await loaded)(text);
}

async function open(): Promise<Syslog> {
  const ffi = await koffi();
  const library = ffi.load(null);
  // openlog keeps the address, so the name has to stay where it is.
  const name = ffi.alloc('char', ident.length + 1);
  ffi.encode(name, ffi.array('char', ident.length + 1), `${ident}\0`);
  library.func('void openlog(const void *ident, int option, int facility)')(name, LOG_PID, LOG_AUTHPRIV);
  const syslog = library.func('void syslog(int priority, const char *format, ...)');
  return (line) => void syslog(LOG_AUTHPRIV | LOG_NOTICE, '%s', 'str', line);
}
