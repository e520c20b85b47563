/** A url that an administrator or an installer reserved at HTTP.sys. */
export interface ReservedUrl {
  url: string;
  port: number;
}

const reserved = /https?:\/\/(?:\[[^\]\s]*\]|[^\s:/]+):(\d{1,5})\/\S*/gi;

/** Reads the output of `netsh http show urlacl` by its urls alone; the words around them are localised. */
export function parseReservedUrls(output: string): ReservedUrl[] {
  return [...output.matchAll(reserved)].map(([url, port]) => ({ url, port: Number(port) }));
}
