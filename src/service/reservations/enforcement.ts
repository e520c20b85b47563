import { ServiceError } from '../../protocol/errors.ts';
import type {
  Admission,
  Allow,
  Enforcement,
  LedgerRecord,
  Protocol,
  Reservation,
} from '../../protocol/generated/contract.ts';
import type { Provider } from '../../providers/provider.ts';
import type { CreateRequest } from './requests.ts';

/** Who is stopped by what is asked for. */
export function enforcementOf(
  { capabilities }: Provider,
  { lifetime, hold, enforcement }: CreateRequest,
  protocol: Protocol,
): Enforcement {
  if (enforcement) return enforcement;
  if (hold === 'strict') return capabilities[lifetime];
  return hold === 'yield' ? capabilities.yield[protocol] : 'ledger';
}

const never: Record<NonNullable<CreateRequest['enforcement']>, string> = {
  kernel: 'have the kernel refuse binds',
  ephemeralOnly: 'keep ports from automatic choice alone',
};

/**
 * Whom the system is to let in, as it knows them.
 * @throws ServiceError NotSupported where the provider cannot give what is asked for
 */
export async function admissionOf(
  provider: Provider,
  { lifetime, enforcement, allow }: CreateRequest,
): Promise<Admission | undefined> {
  const { name, capabilities, choices = {} } = provider;
  const usual = capabilities[lifetime];
  if (enforcement && enforcement !== usual && !choices[lifetime]?.includes(enforcement)) {
    const message = `The ${name} provider cannot ${never[enforcement]} for a ${lifetime} reservation: it gives ${usual}.`;
    throw new ServiceError('NotSupported', message, {
      target: `enforcement ${enforcement}`,
      hint: 'Leave the enforcement out to get what it gives.',
    });
  }
  if (!allow) return undefined;
  if (!provider.admission) {
    throw new ServiceError('NotSupported', `The ${name} provider lets in only who has the token.`, {
      target: 'allow',
      hint: 'Give the token to the program: it puts it on its socket before bind.',
    });
  }
  return provider.admission(allow);
}

/** Whether both let in the same. */
const sameAdmission = (a: Admission = {}, b: Admission = {}): boolean =>
  a.userId === b.userId && a.service === b.service && Boolean(a.privileged) === Boolean(b.privileged);

/** The same where one is not known by number yet: the name has to do. */
export const isAsAllowed = (is: Admission = {}, wanted: Allow = {}): boolean =>
  (is.user === wanted.user || (wanted.user !== undefined && wanted.user === String(is.userId))) &&
  is.service === wanted.service &&
  Boolean(is.privileged) === Boolean(wanted.privileged);

/** Whether the reservation does for a request that says who is to be stopped, and who let in. */
export function isEnforcedAs(
  found: Reservation | LedgerRecord,
  { enforcement }: Pick<CreateRequest, 'enforcement'>,
  admission: Admission | undefined,
): boolean {
  if (!enforcement) return true;
  return found.enforcement === enforcement && sameAdmission(found.allow, admission);
}
