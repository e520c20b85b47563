export { commandFor } from '../dialects/command-line.ts';
