/** What values cost in context, without a model of how they are written: how columns are compared. */

/** Bits that the values cost when each is coded by how often it was seen, in its context first and then anywhere. */
export function adaptiveCost(
  values: ArrayLike<number | string>,
  contexts: ArrayLike<unknown>,
): number {
  const everywhere = { total: 0, counts: new Map<number | string, number>() };
  const within = new Map<unknown, typeof everywhere>();
  const middle = middleOf(values);
  let bits = 0;
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    const tables = [everywhere];
    if (contexts.length) {
      let own = within.get(contexts[k]);
      if (!own) within.set(contexts[k], (own = { total: 0, counts: new Map() }));
      tables.unshift(own);
    }
    let seen = false;
    for (const table of tables) {
      const { total, counts } = table;
      const n = counts.get(value) ?? 0;
      if (!seen) bits -= Math.log2((n || counts.size || 1) / (total + counts.size || 1));
      if (n) seen = true;
      table.total++;
      counts.set(value, n + 1);
    }
    // A value never seen has to be spelled: a number by how far it is from the middle.
    if (!seen) bits += typeof value === 'number' ? 2 + Math.log2(1 + Math.abs(value - middle)) : 12;
  }
  return bits;
}

/** Mean of the numbers; 0 for texts. */
function middleOf(values: ArrayLike<number | string>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += Number(values[k]) || 0;
  return sum / Math.max(1, values.length);
}
