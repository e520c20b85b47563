import { InvalidParamsError } from '../protocol/errors.ts';
import type { PortMapRendering, ProtocolMap } from '../protocol/generated/contract.ts';
import { renderSvg } from './svg.ts';
import { renderText } from './text.ts';

const ofText = ['columns', 'colors', 'characters'] as const;

/**
 * Checks what the schema cannot say.
 * @throws InvalidParamsError
 */
export function checkRendering(rendering: PortMapRendering): void {
  const { format, colors = 'none', characters } = rendering;
  const fields = ofText.filter((field) => format === 'svg' && rendering[field] !== undefined);
  const errors = fields.map((field) => ({ field: `render.${field}`, message: 'is not for the format svg' }));
  if (format === 'text' && characters === 'ascii' && colors !== 'none') {
    errors.push({ field: 'render.colors', message: 'must be none where characters is ascii' });
  }
  if (errors.length > 0) throw new InvalidParamsError(errors);
}

/** Draws the map. */
export function render(map: ProtocolMap, { format, ...options }: PortMapRendering): string {
  return format === 'svg' ? renderSvg(map) : renderText(map, options);
}
