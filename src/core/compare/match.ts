/** Which tensor of one file is which of the other: by names, and what is certain of how tools change them. */
import { groupBy } from '../group';
import type { TensorPair } from './comparison';
import { ggufNamesOf, isGgufName } from './ggufNames';
import { layoutsBetween, sameOrder } from './layouts';

interface Named {
  name: string;
  shape: number[];
}

export interface Match<Tensor> {
  a: Tensor;
  b: Tensor;
  by: TensorPair['by'];
}

export interface Matches<Tensor> {
  pairs: Match<Tensor>[];
  onlyInA: Tensor[];
  onlyInB: Tensor[];
}

/**
 * Pairs tensors of the same name, those whose shapes fit first; then those whose names differ in what a tool is known to add to
 * them, or llama.cpp calls them; then those that one prefix of one of the files leaves apart, such as `module.`, where shapes fit.
 */
export function matchByName<Tensor extends Named>(as: Tensor[], bs: Tensor[]): Matches<Tensor> {
  const fitting = pairUp(as, bs, ({ name }) => name, 'name', fits);
  const same = pairUp(fitting.onlyInA, fitting.onlyInB, ({ name }) => name, 'name');
  const known = pairUp(same.onlyInA, same.onlyInB, ({ name }) => usualName(name), 'name', fits);
  const translated = matchByGguf(known.onlyInA, known.onlyInB);
  const prefixed = matchByPrefix(translated.onlyInA, translated.onlyInB);
  return {
    ...prefixed,
    pairs: [fitting, same, known, translated, prefixed].flatMap(({ pairs }) => pairs),
  };
}

/** Where one of the files has llama.cpp's names: those that it may give the other's tensors, the likeliest of all first. */
function matchByGguf<Tensor extends Named>(as: Tensor[], bs: Tensor[]): Matches<Tensor> {
  let rest: Matches<Tensor> = { pairs: [], onlyInA: as, onlyInB: bs };
  const areGguf = (tensors: Tensor[]): boolean => tensors.some(({ name }) => isGgufName(name));
  if (areGguf(as) === areGguf(bs)) return rest;
  for (const rank of [0, 1]) {
    const keyOf = ({ name }: Tensor): string => ggufNamesOf(name)[rank] ?? name;
    const { pairs, ...others } = pairUp(rest.onlyInA, rest.onlyInB, keyOf, 'gguf', fits);
    rest = { ...others, pairs: [...rest.pairs, ...pairs] };
  }
  return rest;
}

/** Names as the model has them, without what conversions and quantizers add. */
export const usualName = (name: string): string =>
  name
    // Variables of TensorFlow: the first and only output.
    .replace(/:0$/, '')
    // ONNX Runtime's quantizer.
    .replace(/_quantized$/, '')
    .replace(/_Transposed$/, '')
    // PyTorch's quantized linear layers.
    .replace(/\._packed_params\._packed_params\.0$/, '.weight')
    .replace(/\._packed_params\._packed_params\.1$/, '.bias');

/** Whether both may be the same weights, in the same layout or in another one. */
export const fits = (a: Named, b: Named): boolean =>
  sameOrder(a.shape, b.shape) || layoutsBetween(b.shape, a.shape).length > 0;

/** Pairs what has the same key, in order where several have it. */
function pairUp<Tensor>(
  as: Tensor[],
  bs: Tensor[],
  keyOf: (tensor: Tensor) => string,
  by: TensorPair['by'],
  mayPair: (a: Tensor, b: Tensor) => boolean = () => true,
): Matches<Tensor> {
  const waiting = groupBy(bs, keyOf);
  const pairs: Match<Tensor>[] = [];
  const onlyInA: Tensor[] = [];
  const taken = new Set<Tensor>();
  for (const a of as) {
    const candidates = waiting.get(keyOf(a)) ?? [];
    const at = candidates.findIndex((b) => mayPair(a, b));
    if (at < 0) onlyInA.push(a);
    else {
      const [b] = candidates.splice(at, 1);
      taken.add(b);
      pairs.push({ a, b, by });
    }
  }
  return { pairs, onlyInA, onlyInB: bs.filter((b) => !taken.has(b)) };
}

/** Deeper prefixes than this are no wrapping of a whole model. */
const deepest = 4;

/** The one prefix that pairs more tensors than every other; where two pair as many, none is certain. */
function matchByPrefix<Tensor extends Named>(as: Tensor[], bs: Tensor[]): Matches<Tensor> {
  const names = new Map([...as, ...bs].map((tensor) => [tensor, usualName(tensor.name)]));
  const tries = [as, bs].flatMap((tensors) => {
    const side = new Set(tensors);
    return prefixesOf(tensors).map((prefix) => {
      // A name of the side that has the prefix is none of the other side's where it lacks it.
      const keyOf = (tensor: Tensor): string => {
        const name = names.get(tensor)!;
        if (!side.has(tensor)) return name;
        return name.startsWith(prefix) ? name.slice(prefix.length) : `\0${name}`;
      };
      return pairUp(as, bs, keyOf, 'prefix', fits);
    });
  });
  tries.sort((one, other) => other.pairs.length - one.pairs.length);
  const [best, second] = tries;
  const certain = best && best.pairs.length > (second?.pairs.length ?? 0);
  return certain ? best : { pairs: [], onlyInA: as, onlyInB: bs };
}

/** Prefixes that are tried of each file. */
const mostPrefixes = 64;

/** Those that most tensors share first: the more of them share one, the more it is a wrapping. */
function prefixesOf(tensors: Named[]): string[] {
  const counts = new Map<string, number>();
  for (const { name } of tensors) {
    const ends = [...name.matchAll(/[./]/g)].slice(0, deepest);
    for (const { index } of ends) {
      const prefix = name.slice(0, index + 1);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, mostPrefixes)
    .map(([prefix]) => prefix);
}
