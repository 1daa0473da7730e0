/** The readers of data: one row each, asked in this order; the last that takes files takes any, the last that takes folders too. */
import { idx } from './idx';
import { imageFolder } from './imageFolder';
import type { Reader, ReaderName } from './reader';
import { symbols } from './symbols';
import { table } from './table';

export const readers: Record<ReaderName, Reader> = { idx, table, symbols, imageFolder };
