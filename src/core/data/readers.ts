/** The readers of data: one row each, asked in this order. */
import { idx } from './idx';
import type { Reader, ReaderName } from './reader';
import { table } from './table';

export const readers: Record<ReaderName, Reader> = { idx, table };
