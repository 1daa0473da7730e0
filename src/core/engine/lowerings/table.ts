/** Every TensorFlow.js kernel that the engine can compile, by the name tfjs gives it. */
import { convolutions } from './convolutions';
import { elementwise } from './elementwise';
import type { Lowering } from './lowering';
import { matrices } from './matrices';
import { reductions } from './reductions';
import { shapes } from './shapes';

export const lowerings = {
  ...elementwise,
  ...shapes,
  ...reductions,
  ...matrices,
  ...convolutions,
} satisfies Record<string, Lowering>;

export type KernelName = keyof typeof lowerings;
