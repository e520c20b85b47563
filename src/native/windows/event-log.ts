import { SystemLibrary } from './library.ts';

const EVENTLOG_INFORMATION_TYPE = 4;
/** One of those that a source without a file of messages may use; the viewer shows the text below a line that says so. */
const eventId = 100;

const advapi32 = new SystemLibrary('advapi32.dll');

const prototypes = {
  RegisterEventSourceW: 'void * __stdcall RegisterEventSourceW(str16 server, str16 source)',
  ReportEventW:
    'int __stdcall ReportEventW(void *log, uint16_t type, uint16_t category, uint32_t id, void *user, uint16_t numberOfStrings, uint32_t size, str16 *strings, void *data)',
  DeregisterEventSource: 'int __stdcall DeregisterEventSource(void *log)',
} as const;

const bind = (name: keyof typeof prototypes) => advapi32.bind(name, prototypes[name]);

/** Writes to the log of applications, with PortReservation as its source. */
export async function reportEvent(text: string): Promise<void> {
  const register = await bind('RegisterEventSourceW');
  const report = await bind('ReportEventW');
  const deregister = await bind('DeregisterEventSource');
  const log = register(null, 'PortReservation');
  if (!log) return;
  try {
    report(log, EVENTLOG_INFORMATION_TYPE, 0, eventId, null, 1, 0, [text], null);
  } finally {
    deregister(log);
  }
}
