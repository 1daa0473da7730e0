/** Predicts the length of a packed file by coding some rows of each tensor for their cost alone. */
import { encodeHeader } from '../../formats/kolmo';
import type { Model } from '../../train/model';
import { createCoder } from './coder';
import { codeTensors } from './container';
import { planOf, type Plan } from './plan';

/** Work on a tensor, in values that are not zero; what is left out costs as much for each of them. */
const most = 40_000;
/** The work that a zero is, beside a value. */
const zeroWork = 1 / 8;

/** Bytes that `encode` would give; exact but for rounding where no tensor takes more than `work`. */
export function estimatedLength(model: Model, work = most): number {
  const plans = planOf(model);
  const parts = plans.map((plan) => partOf(plan, work));
  const costs = codeTensors(
    createCoder(),
    { byte: (value) => value },
    parts.map(({ part }) => part),
  ).map((cost, t) => ((cost.positions + cost.symbols) / 8 + cost.tail) * parts[t].scale);
  const tensors = plans.map(({ tensor }, t) => ({ ...tensor, streamBytes: Math.round(costs[t]) }));
  const header = encodeHeader({ architecture: model.architecture, tensors }).bytes.length;
  return header + Math.ceil(costs.reduce((sum, cost) => sum + cost, 0)) + 4;
}

/**
 * Rows from the middle, at least one, since images are empty at their borders; all where that is little work.
 * @returns how many times the part's cost the whole costs, too
 */
function partOf(plan: Plan, work: number): { part: Plan; scale: number } {
  const { columns, grid } = plan.tensor;
  const total = Math.max(plan.levels.length, plan.values.length);
  const values = weight(plan);
  const share = work / (values + zeroWork * (total - values));
  if (share >= 1) return { part: plan, scale: 1 };
  const rows = Math.max(1, Math.floor((share * total) / columns));
  // Whole lines of the image are left out, so that a row's neighbours stay where they were.
  const line = grid[1] * grid[2];
  const first = line * Math.floor((total / columns - rows) / 2 / line);
  const [start, end] = [first * columns, (first + rows) * columns];
  const part = {
    ...plan,
    levels: plan.levels.slice(start, end),
    values: plan.values.slice(start, end),
  };
  return { part, scale: values / weight(part) };
}

/** Values that cost more than a position. */
function weight({ tensor, levels, values }: Plan): number {
  if (!tensor.sparse) return values.length;
  let count = 0;
  for (let i = 0; i < levels.length; i++) if (levels[i] !== 0) count++;
  return Math.max(1, count);
}
