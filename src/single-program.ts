/** Set where the program and its Node are one file. */
declare const IS_SINGLE_PROGRAM: true | undefined;

/** Whether this runs as the single program: no file of it is beside it, and it is started without naming a script. */
export const isSingleProgram = (): boolean => typeof IS_SINGLE_PROGRAM !== 'undefined';
