/** Rasters: photographs and drawings, whose pixels stand in rows of one length, channel by channel within a pixel. */
import type { Raster } from '../syntax/media';
import type { Contexts } from './contexts';

/**
 * What planes through the pixels around would give, also after what the pixel's channel before was off; how rough the
 * surroundings are; and the neighbours themselves, for drawings.
 */
export const rasterModel = ({ header, row, pixel }: Raster): Contexts => ({
  state: `let now = 0; const back = d => now < d ? 0 : data[now - d], clip = v => v < 0 ? 0 : v > 255 ? 255 : v, size = v => { v = Math.abs(v); return v < 3 ? v : v < 6 ? 3 : v < 12 ? 4 : v < 24 ? 5 : v < 48 ? 6 : 7; };`,
  step: `now = i; const place = i < ${header} ? -1 : (i - ${header}) % ${row}, channel = place < 0 ? ${pixel} : place % ${pixel},
  w = back(${pixel}), ww = back(${2 * pixel}), n = back(${row}), nn = back(${2 * row}), nw = back(${row + pixel}), ne = back(${row - pixel}), nne = back(${2 * row - pixel}),
  plane = w + n - nw,
  d1 = channel ? c1 - back(${pixel + 1}) : 0, d1n = channel ? c1 - back(${row + 1}) : 0, d1p = channel ? c1 - clip(back(${pixel + 1}) + back(${row + 1}) - back(${row + pixel + 1})) : 0,
  d2p = channel > 1 ? c2 - clip(back(${pixel + 2}) + back(${row + 2}) - back(${row + pixel + 2})) : 0,
  rough = size(w - nw) + size(n - nw) * 8 + size(n - ne) * 64, off = size(d1p);`,
  contexts: [
    'mix(clip(plane),channel+off*4+32)',
    'mix(clip(plane+d1p),channel+64)',
    'mix(clip(w+d1)|size(w-nw)<<8,channel+66)',
    'mix(clip(n+d1n)|size(n-nw)<<8,channel+67)',
    'mix(clip(plane+(d1p+d2p>>1)),channel+68)',
    'mix(clip(n+ne-nne+d1p),channel+70)',
    'mix(clip(2*w-ww+d1)|off<<8,channel+71)',
    'mix(clip(2*n-nn+d1n)|off<<8,channel+72)',
    'mix(clip((3*(w+n)-2*nw>>2)+d1p)|size(d2p)<<8,channel+73)',
    'mix(clip((w+ne>>1)+d1p)|off<<8,channel+74)',
    'mix(w|n<<8,channel+75)',
    'mix(w|c1<<8|c2<<16,channel+76)',
    'mix(n|c1<<8|c2<<16,channel+77)',
    'mix(w|n<<8|ne<<16|nw<<24,c1+channel*256)',
    'mix(place,n>>3)',
  ],
  selectors: [
    { expression: 'channel*512+rough', size: (pixel + 1) * 512 },
    { expression: 'clip(plane+d1p)', size: 256 },
    { expression: 'channel*64+off*8+size(d2p)', size: (pixel + 1) * 64 },
  ],
  refine: 'clip(plane+d1p)|channel<<8',
  matches: [12],
});
