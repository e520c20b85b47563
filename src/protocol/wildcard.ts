/** First and last of a set's characters, such as `a-z`; the same twice for one. */
type Range = readonly [first: string, last: string];

/** What one place of a pattern takes: a text of any length, any character, this one, or one of a set. */
type Place = 'text' | 'character' | { readonly plain: string } | { readonly ranges: readonly Range[] };

/** A character of a pattern, and whether a backtick before it made it plain. */
interface Letter {
  character: string;
  isPlain: boolean;
}

/** Upper and lower case are the same, as in regular expressions: what would become longer, or ASCII, stays as it is. */
function folded(character: string): string {
  const upper = character.toUpperCase();
  return upper.length === 1 && (character < '\x80' || upper >= '\x80') ? upper : character;
}

/** A name as it compares with others. */
export const foldedName = (name: string): string =>
  Array.from({ length: name.length }, (_, at) => folded(name[at]!)).join('');

function lettersOf(pattern: string): Letter[] {
  const letters: Letter[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const isPlain = pattern[at] === '`' && at + 1 < pattern.length;
    if (isPlain) at++;
    letters.push({ character: pattern[at]!, isPlain });
  }
  return letters;
}

const isSign = ({ character, isPlain }: Letter, sign: string) => !isPlain && character === sign;

/** Where the set ends that begins here; a bracket right behind the first belongs to it. Negative: it is no set. */
const endOfSet = (letters: readonly Letter[], start: number) =>
  letters.findIndex((letter, at) => at > start + 1 && isSign(letter, ']'));

function rangesOf(letters: readonly Letter[]): Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at < letters.length; at++) {
    const first = letters[at]!.character;
    const isRange = at + 2 < letters.length && isSign(letters[at + 1]!, '-');
    ranges.push([first, isRange ? letters[at + 2]!.character : first]);
    if (isRange) at += 2;
  }
  return ranges;
}

function placesOf(pattern: string): Place[] {
  const letters = lettersOf(pattern);
  const places: Place[] = [];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!;
    const end = isSign(letter, '[') ? endOfSet(letters, at) : -1;
    if (isSign(letter, '*')) places.push('text');
    else if (isSign(letter, '?')) places.push('character');
    else if (end > 0) {
      places.push({ ranges: rangesOf(letters.slice(at + 1, end)) });
      at = end;
    } else places.push({ plain: letter.character });
  }
  return places;
}

/** The name that the pattern stands for; undefined where it may fit several, or none. */
export function plainName(pattern: string): string | undefined {
  let name = '';
  for (const place of placesOf(pattern)) {
    if (typeof place === 'string' || !('plain' in place)) return undefined;
    name += place.plain;
  }
  return name;
}

/** A pattern that fits this name alone. */
export const escapeWildcards = (name: string): string => name.replace(/[*?[\]`]/g, '`$&');

function takes(place: Exclude<Place, 'text'>, character: string): boolean {
  if (place === 'character') return true;
  if ('plain' in place) return folded(place.plain) === folded(character);
  const cases = [character, folded(character), character.toLowerCase()];
  return place.ranges.some(([first, last]) => cases.some((one) => first <= one && one <= last));
}

/**
 * A test for names by a pattern as PowerShell's -like has it: `*`, `?`, `[a-z]`, a backtick before one of them makes it
 * plain, and upper and lower case are the same. It takes at most as many steps as name and pattern multiplied: only the last
 * `*` is ever tried again.
 */
export function wildcard(pattern: string): (name: string) => boolean {
  const places = placesOf(pattern);
  return (name) => fits(places, name);
}

function fits(places: readonly Place[], name: string): boolean {
  let place = 0;
  let at = 0;
  let star = -1;
  let starTakesTo = 0;
  while (at < name.length) {
    const now = places[place];
    if (now === 'text') {
      star = place++;
      starTakesTo = at;
    } else if (now !== undefined && takes(now, name[at]!)) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++starTakesTo;
    } else return false;
  }
  while (places[place] === 'text') place++;
  return place === places.length;
}
