import { fileURLToPath } from 'node:url';
import { koffiFrom } from './koffi-file.ts';

declare const KOFFI_FOLDER: string;

/** What the bundles get instead of the koffi package: its native file from the folder beside the bundle. */
export default koffiFrom(fileURLToPath(new URL(`${KOFFI_FOLDER}/`, import.meta.url)));
