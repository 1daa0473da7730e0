/** A small picture of a few paths that is stretched to the width of its column. */
import { svgElement } from '../element';

/**
 * @param said what the picture shows, for screen readers
 * @param paths the data and the class of each, the lowest first; a line of room is left below `height` for an axis
 */
export function strip(
  width: number,
  height: number,
  said: string,
  paths: [d: string, name: string][],
): SVGElement {
  return svgElement(
    'svg',
    {
      viewBox: `0 0 ${width} ${height + 1}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': said,
    },
    ...paths.map(([d, name]) => svgElement('path', { d, class: name })),
  );
}
