/** What could steer a terminal, hide text or turn it round. */
export const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** Processes choose their names, and documents their reasons: what is not to be printed becomes a plain mark. */
export const plainText = (text: string): string => text.replace(unprintable, '\u{fffd}').trim();

/** The same for texts that may have lines, in one. */
export const plainLine = (text: string): string => plainText(text.replace(/[\0\s]+/g, ' '));
