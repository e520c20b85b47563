const first = 1024;
const last = 65_535;

/**
 * The port numbers of a range, in order, for `port` and `exclude` of getPort.
 *
 * @throws TypeError, RangeError a bound that is no whole number of 1024 to 65535, or from above to
 *
 * @example
 * await getPort({ port: portNumbers(3000, 3100) }); // the first of them that can be had, or another
 */
export function portNumbers(from: number, to: number): Iterable<number> {
  for (const [name, value] of Object.entries({ from, to })) {
    if (!Number.isInteger(value)) throw new TypeError(`\`${name}\` must be a whole number, ${first} to ${last}.`);
    if (value < first || value > last) throw new RangeError(`\`${name}\` must be ${first} to ${last}; it is ${value}.`);
  }
  if (from > to) throw new RangeError(`\`to\` must not be less than \`from\`; it is ${to}, and \`from\` is ${from}.`);
  return numbers(from, to);
}

function* numbers(from: number, to: number): Generator<number> {
  for (let port = from; port <= to; port++) yield port;
}
