import { InvalidParamsError } from '../../protocol/errors.ts';
import type {
  Allow,
  EnforcementChoice,
  Hold,
  Lifetime,
  Owner,
  PortRange,
  Protocol,
  Reservation,
  ReservationCreateParams,
} from '../../protocol/generated/contract.ts';
import { checkRange, endPort, holdsPort } from '../../protocol/ranges.ts';
import { type Label, labelOf } from '../label.ts';

/** What `create` was asked for, checked and with the defaults filled in. */
export interface CreateRequest {
  protocols: readonly Protocol[];
  lifetime: Lifetime;
  hold: Hold;
  /** Who is to be stopped; undefined: what the system gives. */
  enforcement: EnforcementChoice | undefined;
  /** Whom the kernel lets in without the token. */
  allow: Allow | undefined;
  /** Whether whoever has the ports already keeps them. */
  allowsUse: boolean;
  numberOfPorts: number;
  /** The range asked for; undefined when a free one is to be found. */
  range: PortRange | undefined;
  within: PortRange | undefined;
  /** Where it is looked for first, from 0 to below 1 of the window. */
  prefer?: number | undefined;
  /** Whether what is already there and is the caller's is given back. */
  returnsExisting: boolean;
  /** Whether that gets the name, reason and document of the request. */
  updatesExisting: boolean;
  label: Label;
  /** Whom it is recorded for, where that is another than this process. */
  owner: Partial<Owner>;
}

const invalid = (field: string, message: string) => new InvalidParamsError([{ field, message }]);

/** Checks what the schema cannot say: sums, and keys that exclude each other. */
export function createRequest(params: ReservationCreateParams, owner: Partial<Owner> = {}): CreateRequest {
  const { protocol, lifetime = 'runtime', hold = 'strict', numberOfPorts = 1, startPort, within, ifExists } = params;
  const { enforcement } = params;
  const range = startPort === undefined ? undefined : { startPort, numberOfPorts };
  checkRange(range ?? { startPort: 1, numberOfPorts }, 'numberOfPorts');
  if (within) {
    checkRange(within, 'within.numberOfPorts');
    if (range) throw invalid('within', 'cannot be given together with startPort');
    checkFits(numberOfPorts, within);
  }
  if (lifetime === 'persistent' && params.hold !== undefined) {
    throw invalid('hold', 'is for runtime reservations: nothing has to hold the ports of a persistent one');
  }
  if (enforcement === 'kernel' && hold !== 'strict') {
    throw invalid('hold', 'is for ports that sockets hold: the kernel lets in who has the token');
  }
  const allow = Object.keys(params.allow ?? {}).length > 0 ? params.allow : undefined;
  if (allow && enforcement !== 'kernel') {
    throw invalid('allow', 'says whom the kernel lets in, so it is only with enforcement kernel');
  }
  const allowsUse = params.inUse === 'allow';
  if (allowsUse && lifetime !== 'persistent') {
    throw invalid('inUse', 'allow is for persistent reservations: the ports of others are held by nobody else');
  }
  if (allowsUse && !range) throw invalid('inUse', "allow needs a startPort: a free block is in nobody's use");
  const updatesExisting = ifExists === 'update';
  const returnsExisting = updatesExisting || ifExists === 'return';
  const label = labelOf(params);
  const protocols = [protocol].flat();
  const asked = { protocols, lifetime, hold, enforcement, allow, allowsUse };
  return { ...asked, numberOfPorts, range, within, returnsExisting, updatesExisting, label, owner };
}

/** Refuses a block that is larger than where it is looked for. */
export function checkFits(numberOfPorts: number, within: PortRange): void {
  if (numberOfPorts <= within.numberOfPorts) return;
  throw invalid('numberOfPorts', `must be at most ${within.numberOfPorts}, the size of within`);
}

/** The port as a range, if it is one of the reservation's. */
export function portOf({ range }: Reservation, port: number): PortRange {
  if (holdsPort(range, port)) return { startPort: port, numberOfPorts: 1 };
  throw invalid('port', `must be in the reservation, ${range.startPort} to ${endPort(range)}`);
}
