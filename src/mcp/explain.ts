import type { PortStatus } from '../protocol/generated/contract.ts';
import { isClosing } from '../protocol/is-closing.ts';
import type { CallOptions } from '../service/call-options.ts';
import { folderAt } from './folder.ts';
import type { Tools } from './generated/contract.ts';
import type { PortDesk } from './port-desk.ts';
import { decisive, type Holder, holderIn } from './whose.ts';

type Explained = Tools['explain_ports']['result'];

const notYours =
  'It is not yours: leave what has it alone, call reserve_ports without startPort, and use the ports it gives. If the user insists on this port, say who has it.';

const letIn =
  'The reservation lets it in if it sets SO_REUSEADDR before bind, as nearly all do. If it is refused all the same, set that, or free the port by release_ports right before it starts.';

function nextFor(
  { canBind, reservation, holders: all }: PortStatus,
  holders: readonly Holder[],
  reason: string,
): string {
  const isListening = all.some(({ state }) => state === 'listening');
  const isForFolder = reservation?.reason === reason && !isListening;
  if (isForFolder && !canBind) return `It is reserved for your folder: start your server there. ${letIn}`;
  if (holders.length > 0 && holders.every(({ whose }) => whose === 'yours')) {
    const [{ processId } = {}] = holders;
    if (reservation?.lifetime === 'runtime' && !isListening) {
      return `Your folder's own process ${processId} holds it for a program that it is to let in, and is not to be ended. If that program is refused, the explanation says what it must set.`;
    }
    return `Your folder's own process has it: use it, or end exactly process ${processId}, and only if you started it.`;
  }
  if (isForFolder) return 'It is reserved for your folder: start your server there, the reservation lets it in.';
  if (canBind) return 'It can be bound. Get it by reserve_ports before you start a server on it.';
  if (all.length > 0 && all.every(isClosing)) {
    return 'Only connections that are closing are left on it. reserve_ports gives it to the folder that had it; a server that sets SO_REUSEADDR, as nearly all do, can bind it now.';
  }
  return notYours;
}

/** Why ports can or cannot be bound, and whose what has them is. */
export async function explainPorts(
  desk: PortDesk,
  { ports, folder: path, protocol = ['tcp'] }: Tools['explain_ports']['params'],
  options: CallOptions,
): Promise<Explained> {
  const folder = folderAt(path, '');
  const ranges = ports.map((port) => ({ startPort: port, numberOfPorts: 1 }));
  const { ports: found, warnings } = await desk.inspect(protocol, ranges, options);
  const explained = found.map((status) => {
    const { protocol, port, canBind, verdict, explanation, reservation } = status;
    const holders = decisive(status.holders).map((holder) => holderIn(folder.path, holder));
    const reservedFor = reservation?.reason ?? reservation?.name;
    const next = nextFor(status, holders, folder.reason);
    return { protocol, port, canBind, verdict, explanation, holders, ...(reservedFor && { reservedFor }), next };
  });
  return { ports: explained, ...(warnings && { warnings }) };
}
