import type { PortMap, PortMapRendering } from '../protocol/generated/contract.ts';

/**
 * What adds the drawing that was asked for to a map. The code for it is loaded only then: every service would start later.
 * @throws InvalidParamsError what is of a text for an svg, or colors in ASCII
 */
export async function drawingAs(rendering: PortMapRendering | undefined): Promise<(map: PortMap) => PortMap> {
  if (!rendering) return (map) => map;
  const { checkRendering, render } = await import('../map/render.ts');
  checkRendering(rendering);
  return (map) => ({ ...map, text: render(map, rendering) });
}
