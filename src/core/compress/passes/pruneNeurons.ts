/** Structured pruning: whole neurons and channels leave, so that the matrices themselves become smaller and every runtime faster. */
import { KolmoError } from '../../error';
import { layoutOf, type TensorLayout } from '../../formats/kolmoLayout';
import type { Architecture, Model, Parameter } from '../../train/model';
import { checkFinite } from '../finite';
import type { PassContext, PassEvent } from '../pass';
import { removeGradually } from './gradual';

export interface PruneNeuronsOptions {
  /** Share of the neurons of each hidden layer to remove. */
  share: number;
  /** Times that neurons are removed, each followed by `stepEpochs` of training. */
  steps: number;
  stepEpochs: number;
  /** Epochs after the last removal. */
  epochs: number;
  learningRate: number;
}

/** Removes neurons and channels in steps, between which the others train on. */
export async function* pruneNeurons(
  model: Model,
  settings: PruneNeuronsOptions,
  context: PassContext,
): AsyncGenerator<PassEvent, Model> {
  return yield* removeGradually(model, context, {
    ...settings,
    remove: (current, share) => removeNeurons(current, share, model.architecture),
    note: (share) => `${Math.round(share * 100)} % of the neurons removed`,
  });
}

/**
 * Removes from each hidden layer the neurons that matter least: the norm of what comes in times that of what goes out.
 * Throws a KolmoError for a model without hidden layers, with layers that are no plain chain, and for a share that leaves none.
 * @param original the architecture whose neurons the share is of, where some have left already
 */
export function removeNeurons(
  model: Model,
  share: number,
  original: Architecture = model.architecture,
): Model {
  checkFinite(model.parameters);
  const tensors = layoutOf(model.architecture);
  const wide = layoutOf(original);
  if (!tensors || !wide) {
    throw new KolmoError(
      'Neurons can be removed from chains of dense and convolutional layers only, and this model has other layers: prune single weights instead.',
    );
  }
  const kept = tensors.map((tensor, t) => {
    const next = tensors.findIndex(({ source }, other) => source === t && isMatrix(tensors[other]));
    if (!isMatrix(tensor) || next < 0) return undefined;
    const { columns, name } = wide[t];
    const count = Math.round(columns * (1 - share));
    if (count < 1) {
      throw new KolmoError(
        `Removing ${+(share * 100).toPrecision(6)} % leaves none of the ${columns} neurons of ${name}: choose a lower share.`,
      );
    }
    return strongest(model.parameters, tensors, t, next, count);
  });
  if (kept.every((units) => units === undefined)) {
    throw new KolmoError(
      'The model has no hidden layer whose neurons could leave: prune single weights instead.',
    );
  }
  const parameters = model.parameters.map((parameter, t): Parameter => {
    const { columns, source } = tensors[t];
    // A vector belongs to the columns of its source, a matrix reads them as its rows.
    const rows = source === undefined ? undefined : kept[source];
    return sliced(
      parameter,
      isMatrix(tensors[t]) ? columns : 1,
      rows,
      source === undefined ? 0 : tensors[source].columns,
      kept[t],
    );
  });
  return { architecture: narrowed(model.architecture, tensors, kept), parameters };
}

const isMatrix = (tensor: TensorLayout): boolean => tensor.shape.length > 1;

/** The `count` neurons of tensor `t` to keep, in rising order. */
function strongest(
  parameters: Parameter[],
  tensors: TensorLayout[],
  t: number,
  next: number,
  count: number,
): Int32Array {
  const { columns } = tensors[t];
  const incoming = new Float64Array(columns);
  parameters[t].data.forEach((value, i) => (incoming[i % columns] += value * value));
  const outgoing = new Float64Array(columns);
  const width = tensors[next].columns;
  parameters[next].data.forEach(
    (value, i) => (outgoing[Math.floor(i / width) % columns] += value * value),
  );
  const order = Array.from({ length: columns }, (_, unit) => unit).sort(
    (a, b) => incoming[b] * outgoing[b] - incoming[a] * outgoing[a] || a - b,
  );
  return Int32Array.from(order.slice(0, count)).sort();
}

/** Keeps the columns in `columnsKept` and the rows whose channel is in `channelsKept`; undefined keeps all. */
function sliced(
  parameter: Parameter,
  columns: number,
  channelsKept: Int32Array | undefined,
  channels: number,
  columnsKept: Int32Array | undefined,
): Parameter {
  if (!channelsKept && !columnsKept) return { ...parameter, encoding: { type: 'float32' } };
  const rows = parameter.data.length / columns;
  const keptChannel = channelsKept && new Set(channelsKept);
  const keptRows: number[] = [];
  for (let row = 0; row < rows; row++) {
    if (!keptChannel || keptChannel.has(row % channels)) keptRows.push(row);
  }
  const keptColumns = columnsKept ?? Int32Array.from({ length: columns }, (_, i) => i);
  const places = keptRows.flatMap((row) =>
    Array.from(keptColumns, (column) => row * columns + column),
  );
  const shape = [...parameter.shape];
  if (shape.length === 1) shape[0] = places.length;
  else {
    shape[shape.length - 1] = keptColumns.length;
    shape[shape.length - 2] = (shape[shape.length - 2] * keptRows.length) / rows;
  }
  const { mask } = parameter;
  return {
    name: parameter.name,
    shape,
    data: Float32Array.from(places, (place) => parameter.data[place]),
    ...(mask && { mask: Uint8Array.from(places, (place) => mask[place]) }),
    encoding: { type: 'float32' },
  };
}

function narrowed(
  architecture: Architecture,
  tensors: TensorLayout[],
  kept: (Int32Array | undefined)[],
): Architecture {
  const matrices = tensors.flatMap((tensor, t) => (isMatrix(tensor) ? [kept[t]] : []));
  let next = 0;
  return {
    ...architecture,
    layers: architecture.layers.map((layer) => {
      if (layer.type === 'dense')
        return { ...layer, units: matrices[next++]?.length ?? layer.units };
      // The vectors of categories are no neurons: their table stands for itself.
      if (layer.type === 'columnEmbedding') next++;
      if (layer.type !== 'conv2d') return layer;
      return { ...layer, filters: matrices[next++]?.length ?? layer.filters };
    }),
  };
}
