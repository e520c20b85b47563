const cmdlet =
  /^(Remove|New)-Port(Reservation|Exclusion) -Protocol (\w+) -StartPort (\d+)(?: -NumberOfPorts (\d+))?(?: -Persistent)?(?<nat> -RestartNat)?$/;

/** The service names the cmdlet where the remedy is one of ours; this is the same in this program's words. */
export function inOurWords(remedy: string): string {
  const found = cmdlet.exec(remedy);
  if (!found) return remedy;
  const [, verb, kind, protocol = '', first, count = '1'] = found;
  const last = Number(first) + Number(count) - 1;
  const range = count === '1' ? first : `${first}-${last}`;
  const of = protocol === 'Tcp' ? '' : ` --protocol ${protocol.toLowerCase()}`;
  const nat = found.groups?.nat ? ' --restart-nat' : '';
  if (kind === 'Exclusion') return `portreservation exclude ${verb === 'New' ? 'add' : 'remove'} ${range}${of}${nat}`;
  if (verb === 'Remove') return `portreservation remove ${range}${of}`;
  return `portreservation new --persistent --start-port ${first}${count === '1' ? '' : ` --ports ${count}`}${of}`;
}
