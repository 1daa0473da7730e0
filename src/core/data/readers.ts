/** The readers of data: one row each, asked in this order, the last takes whatever is left. */
import { idx } from './idx';
import type { Reader, ReaderName } from './reader';
import { symbols } from './symbols';
import { table } from './table';

export const readers: Record<ReaderName, Reader> = { idx, table, symbols };
