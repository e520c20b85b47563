import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCodePage, type NetshText, netshOutput } from '../providers/windows/netsh-texts.ts';
import { windowsPath } from './lab.ts';

/**
 * Lets the lab's netsh speak this language, in its OEM code page, from now on.
 * @returns the environment for the processes that start it, the same for all languages
 */
export function netshIn(folder: string, text: NetshText): Record<string, string> {
  const texts = join(folder, 'texts');
  mkdirSync(texts, { recursive: true });
  for (const protocol of ['tcp', 'udp']) {
    const mark = '\0';
    const [head, foot] = netshOutput({ ...text, title: text.title.replace('tcp', protocol) }, [mark]).split(mark);
    for (const [name, part] of [
      [protocol, head],
      ['foot', foot?.slice(2)],
    ] as const)
      writeFileSync(join(texts, name), Buffer.from(inCodePage(part ?? '', text.codePage), 'latin1'));
  }
  return { LAB_TEXTS: windowsPath(texts) };
}
