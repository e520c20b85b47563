import type { DesiredItem } from '../desired-state/items.ts';
import { type DesiredChange, labelFields } from '../protocol/generated/contract.ts';
import { keyOf } from '../protocol/ranges.ts';

const until = { persistent: 'for good', active: 'until the next restart' };

/** What set would do about a thing, one sentence for each change of it. */
export function sentencesOf({ action, kind, differs = [], after = {}, error, ...place }: DesiredChange): string[] {
  const ports = keyOf(place);
  if (error) return [`Would fail: ${error.message}`];
  switch (action) {
    case 'none':
      return [];
    case 'create':
      return kind === 'reservation'
        ? [`Would reserve ${ports} persistently.`]
        : [`Would keep ${ports} out of automatic choice ${until[after.store ?? 'persistent']}.`];
    case 'release':
      return kind === 'reservation' ? [`Would free ${ports}.`] : [`Would give ${ports} back to automatic choice.`];
    case 'update':
    case 'repair':
      return differs.map((property) =>
        property === 'state'
          ? `Would put ${ports} back, which the system has lost.`
          : `Would set the ${property} of ${ports} to ${JSON.stringify(after[property])}.`,
      );
  }
}

/** The properties that are not as desired. */
export function differencesOf(
  { label, store, kind, enforcement, allow }: DesiredItem,
  { action, differs = [] }: DesiredChange,
): string[] {
  if (action === 'none') return [];
  if (action === 'release') return ['_exist'];
  // To DSC, what the system has lost is not there.
  if (action === 'update' || action === 'repair')
    return differs.map((property) => (property === 'state' ? '_exist' : property));
  const asked = labelFields.filter((field) => label[field] !== undefined);
  const more = [...(enforcement ? ['enforcement'] : []), ...(allow ? ['allow'] : [])];
  return ['_exist', ...(kind === 'exclusion' && store ? ['store'] : []), ...more, ...asked];
}
