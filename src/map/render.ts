import { InvalidParamsError } from '../protocol/errors.ts';
import type { PortMapRendering, ProtocolMap } from '../protocol/generated/contract.ts';
import { renderPage } from './page.ts';
import { renderSvg } from './svg.ts';
import { renderFoldedSvg } from './svg-folded.ts';
import { renderText } from './text.ts';

const ofOne = { columns: 'text', colors: 'text', characters: 'text', card: 'svg' } as const;

/**
 * Checks what the schema cannot say.
 * @throws InvalidParamsError
 */
export function checkRendering(rendering: PortMapRendering): void {
  const { format, colors = 'none', characters } = rendering;
  const fields = (Object.keys(ofOne) as (keyof typeof ofOne)[]).filter(
    (field) => rendering[field] !== undefined && ofOne[field] !== format,
  );
  const errors = fields.map((field) => ({ field: `render.${field}`, message: `is not for the format ${format}` }));
  if (format === 'html' && rendering.layout === 'even') {
    errors.push({ field: 'render.layout', message: 'must be folded for the format html' });
  }
  if (format === 'svg' && rendering.card && rendering.layout === 'even') {
    errors.push({ field: 'render.layout', message: 'must be folded for a card' });
  }
  if (format === 'text' && characters === 'ascii' && colors !== 'none') {
    errors.push({ field: 'render.colors', message: 'must be none where characters is ascii' });
  }
  if (errors.length > 0) throw new InvalidParamsError(errors);
}

/** Draws the map. */
export function render(map: ProtocolMap, { format, ...options }: PortMapRendering): string {
  if (format === 'text') return renderText(map, options);
  if (format === 'html') return renderPage([map], options);
  return options.card || options.layout === 'folded' ? renderFoldedSvg(map, options) : renderSvg(map, options);
}

/** Draws each of the maps; a page has all of them, and stands in the first. */
export function renderAll(maps: readonly ProtocolMap[], rendering: PortMapRendering): ProtocolMap[] {
  if (rendering.format !== 'html') return maps.map((map) => ({ ...map, text: render(map, rendering) }));
  const text = renderPage(maps, rendering);
  return maps.map((map, index) => (index === 0 ? { ...map, text } : map));
}
