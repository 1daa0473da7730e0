/** What values cost in context, without a model of how they are written: how columns are compared. */

/** What a count is lowered by, for values that were not seen yet in a context (absolute discounting). */
const discount = 0.6;

/**
 * Bits that the values cost when each is coded by how often it was seen in each of the `contexts`, from the most general to the
 * most special one, each of which falls back on the one before it (Kneser and Ney, 1995, but for their counts of contexts).
 */
export function adaptiveCost(
  values: ArrayLike<number | string>,
  ...contexts: ArrayLike<unknown>[]
): number {
  const levels = [undefined, ...contexts].map((keys) => ({
    keys,
    tables: new Map<unknown, { total: number; counts: Map<number | string, number> }>(),
  }));
  const middle = middleOf(values);
  let bits = 0;
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    // A value never seen has to be spelled: a number by how far it is from the middle.
    let share = typeof value === 'number' ? 0.25 / (1 + Math.abs(value - middle)) : 2 ** -12;
    for (const { keys, tables } of levels) {
      const key = keys?.[k];
      let table = tables.get(key);
      if (!table) tables.set(key, (table = { total: 0, counts: new Map() }));
      const { total, counts } = table;
      const n = counts.get(value) ?? 0;
      if (total > 0) share = (Math.max(0, n - discount) + discount * counts.size * share) / total;
      table.total++;
      counts.set(value, n + 1);
    }
    bits -= Math.log2(share);
  }
  return bits;
}

/** Mean of the numbers; 0 for texts. */
function middleOf(values: ArrayLike<number | string>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += Number(values[k]) || 0;
  return sum / Math.max(1, values.length);
}
