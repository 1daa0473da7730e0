/** The experts of a layer, each of which is a tensor of its own for most, and which llama.cpp stacks into one. */
import { groupBy } from '../group';
import type { StoredTensor, Values } from './tensors';

const isStacked = (name: string): boolean => /^blk\.\d+\.ffn_\w+_exps\./.test(name);

/** `model.layers.0.mlp.experts.7.up_proj.weight`, whose stack is `model.layers.0.mlp.experts.up_proj.weight`. */
const ofExpert = /^(.+\.experts)\.(\d+)\.(.+)$/;

/** The tensors with their experts stacked in order, where the other file has its experts so. */
export function stackExperts(tensors: StoredTensor[], others: StoredTensor[]): StoredTensor[] {
  if (!others.some(({ name }) => isStacked(name))) return tensors;
  const stacks = groupBy(tensors, ({ name }) => name.replace(ofExpert, '$1.$3'));
  return [...stacks].flatMap(([name, experts]) => {
    const inOrder = experts.toSorted((one, other) => numberOf(one) - numberOf(other));
    return inOrder.every(isNext) ? [stack(name, inOrder)] : experts;
  });
}

const numberOf = ({ name }: StoredTensor): number => Number(ofExpert.exec(name)?.[2]);

/** Whether the number of an expert is its place, and its shape that of the first. */
const isNext = (tensor: StoredTensor, place: number, [first]: StoredTensor[]): boolean =>
  numberOf(tensor) === place &&
  tensor.shape.join() === first.shape.join() &&
  tensor.integer === first.integer;

function stack(name: string, experts: StoredTensor[]): StoredTensor {
  const [{ shape, parameters, integer }] = experts;
  const sum = (of: 'parameters' | 'bytes'): number =>
    experts.reduce((all, expert) => all + expert[of], 0);
  const unread = experts.map(({ values }) => values).find((values) => 'problem' in values);
  const values: Values = async (first, count) => {
    const read = new Float64Array(count);
    for (let done = 0; done < count;) {
      const place = Math.floor((first + done) / parameters);
      const from = first + done - place * parameters;
      const length = Math.min(count - done, parameters - from);
      const { values: ofOne } = experts[place];
      if (typeof ofOne === 'function') read.set(await ofOne(from, length), done);
      done += length;
    }
    return read;
  };
  return {
    name,
    dtype: [...new Set(experts.map(({ dtype }) => dtype))].join(' and '),
    shape: [experts.length, ...shape],
    parameters: sum('parameters'),
    bytes: sum('bytes'),
    integer,
    values: unread ?? values,
  };
}
