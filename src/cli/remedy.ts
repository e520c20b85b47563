const cmdlet =
  /^(Remove|New)-PortReservation -Protocol (\w+) -StartPort (\d+)(?: -NumberOfPorts (\d+))?(?: -Persistent)?$/;

/** The service names the cmdlet where the remedy is one of ours; this is the same in this program's words. */
export function inOurWords(remedy: string): string {
  const [, verb, protocol = '', first, count = '1'] = cmdlet.exec(remedy) ?? [];
  if (verb === undefined) return remedy;
  const of = protocol === 'Tcp' ? '' : ` --protocol ${protocol.toLowerCase()}`;
  if (verb === 'New') return `portreservation new --persistent --start-port ${first}${of}`;
  const last = Number(first) + Number(count) - 1;
  return `portreservation remove ${first}${count === '1' ? '' : `-${last}`}${of}`;
}
