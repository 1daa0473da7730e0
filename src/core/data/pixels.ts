/** Pictures as pixels. */

export interface Size {
  width: number;
  height: number;
}

/** `28 x 28` */
export const sizeText = ({ width, height }: Size): string => `${width} x ${height}`;

export interface Picture extends Size {
  /** Red, green and blue of each pixel. [height, width, 3] */
  pixels: Uint8Array;
}
