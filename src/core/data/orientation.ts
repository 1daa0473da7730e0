/** How a camera was held: the EXIF orientation of a JPEG, and pictures turned by it. */
import type { Picture } from './pixels';

/** Number of the tag, and of the type of whole numbers of 16 bits (TIFF 6.0, section 8). */
const orientationTag = 0x0112;
const short = 3;

/**
 * The orientation that an APP1 segment says, from 1 (as it is stored) to 8; undefined where it says none.
 * @param segment what follows the length of the segment
 */
export function exifOrientation(segment: Uint8Array): number | undefined {
  if (String.fromCharCode(...segment.subarray(0, 6)) !== 'Exif\0\0') return undefined;
  const { buffer, byteOffset, length } = segment;
  const tiff = new DataView(buffer, byteOffset + 6, length - 6);
  if (tiff.byteLength < 8) return undefined;
  const little = tiff.getUint16(0) === 0x4949;
  const first = tiff.getUint32(4, little);
  if (first + 2 > tiff.byteLength) return undefined;
  const entries = tiff.getUint16(first, little);
  for (let i = 0; i < entries; i++) {
    const at = first + 2 + 12 * i;
    if (at + 12 > tiff.byteLength) return undefined;
    if (tiff.getUint16(at, little) !== orientationTag) continue;
    const value = tiff.getUint16(at + 8, little);
    const isSaid = tiff.getUint16(at + 2, little) === short && value >= 1 && value <= 8;
    return isSaid ? value : undefined;
  }
  return undefined;
}

/** Whether rows lie where columns are stored. */
export const liesOnSide = (orientation: number): boolean => orientation >= 5;

/** The picture as it is to be looked at. */
export function upright({ width, height, pixels }: Picture, orientation: number): Picture {
  if (orientation === 1) return { width, height, pixels };
  const onSide = liesOnSide(orientation);
  const [across, down] = onSide ? [height, width] : [width, height];
  // Of the stored rows and columns, those that run backwards when the picture stands upright.
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  const turned = new Uint8Array(pixels.length);
  let to = 0;
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const [column, row] = onSide ? [y, x] : [x, y];
      const storedColumn = fromRight ? width - 1 - column : column;
      const storedRow = fromBelow ? height - 1 - row : row;
      const from = 3 * (storedRow * width + storedColumn);
      turned[to++] = pixels[from];
      turned[to++] = pixels[from + 1];
      turned[to++] = pixels[from + 2];
    }
  }
  return { width: across, height: down, pixels: turned };
}
