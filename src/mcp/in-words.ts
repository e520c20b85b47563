import { plainLine } from '../protocol/plain-text.ts';
import { formatPorts, formatRange } from '../protocol/ranges.ts';
import type { Tools } from './generated/contract.ts';
import { who } from './given.ts';

/** Each result as a text, for clients that show their model that alone. */
export const inWords: { [N in keyof Tools]: (result: Tools[N]['result']) => string } = {
  reserve_ports: ({ state, ports, urls, env, servers = [], next }) => {
    const running =
      servers.length > 0 ? ` There: ${servers.map((one) => `${who(one)} (${one.whose})`).join(', ')}.` : '';
    const url = urls[0] === undefined ? '' : `, ${urls[0]}`;
    return plainLine(`${state}: ${ports.join(', ')} (PORT=${env.PORT}${url}).${running} ${next}`);
  },
  explain_ports: ({ ports, warnings = [] }) =>
    [
      ...ports.map(({ protocol, port, explanation, holders, reservedFor, next }) => {
        const holding = holders.map((one) => ` [${who(one)}: ${one.whose}]`).join('');
        const reserved = reservedFor === undefined ? '' : ` Reserved for: ${reservedFor}.`;
        return plainLine(`${protocol} ${port}: ${explanation}${holding}${reserved} ${next}`);
      }),
      ...warnings,
    ].join('\n'),
  find_free_ports: ({ ranges }) => `Free now: ${ranges.map(formatRange).join(', ')}. Nothing is reserved.`,
  list_reservations: ({ reservations, warnings = [] }) =>
    [
      ...(reservations.length > 0 ? [] : ['Nothing is reserved.']),
      ...reservations.map(({ protocol, range, name, reason }) => {
        const words = [formatPorts(protocol, range), ...(name ? [name] : []), ...(reason ? [`(${reason})`] : [])];
        return plainLine(words.join(' '));
      }),
      ...warnings,
    ].join('\n'),
  release_ports: ({ released }) =>
    released.length > 0 ? `Freed ${released.join(', ')}.` : 'This session holds nothing there; nothing was freed.',
};
