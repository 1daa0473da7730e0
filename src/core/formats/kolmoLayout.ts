/** The tensors that follow from an architecture: names, shapes, and how their rows lie in space, so that a file need not store them. */
import { sizeOf } from '../shape';
import type { Architecture } from '../train/model';

/** Architectures that a file names by three bits; one that was once in this list keeps its place and its layers. */
export const knownArchitectures: Architecture[] = [
  {
    name: 'lenet-300-100',
    inputShape: [28, 28, 1],
    layers: [
      { type: 'flatten' },
      { type: 'dense', units: 300, activation: 'relu' },
      { type: 'dense', units: 100, activation: 'relu' },
      { type: 'dense', units: 10, activation: 'softmax' },
    ],
    task: 'classification',
  },
  {
    name: 'lenet-5',
    inputShape: [28, 28, 1],
    layers: [
      { type: 'conv2d', filters: 20, kernel: 5, padding: 'valid', activation: 'linear' },
      { type: 'maxPool2d', size: 2 },
      { type: 'conv2d', filters: 50, kernel: 5, padding: 'valid', activation: 'linear' },
      { type: 'maxPool2d', size: 2 },
      { type: 'flatten' },
      { type: 'dense', units: 500, activation: 'relu' },
      { type: 'dense', units: 10, activation: 'softmax' },
    ],
    task: 'classification',
  },
];

/** A tensor as a matrix: rows are the inputs, columns the outputs (the last axis). */
export interface TensorLayout {
  name: string;
  shape: number[];
  /** The rows as [height, width, channels], row-major; their product is the number of rows. */
  grid: [number, number, number];
  columns: number;
  /** Index of the tensor whose columns are this one's channels: a dead neuron there leaves nothing to say here. */
  source?: number;
}

/** The tensors of an architecture in file order, or undefined for a layer whose tensors are not derived but listed. */
export function layoutOf(architecture: Architecture): TensorLayout[] | undefined {
  const tensors: TensorLayout[] = [];
  const counts: Record<string, number> = {};
  let shape = [...architecture.inputShape];
  let grid = gridOf(shape);
  let source: number | undefined;

  const add = (name: string, dimensions: number[], from: TensorLayout['grid']): number => {
    const columns = dimensions.length > 1 ? dimensions[dimensions.length - 1] : 1;
    tensors.push({ name, shape: dimensions, grid: from, columns, source });
    return tensors.length - 1;
  };

  for (const layer of architecture.layers) {
    const name = `${layer.type}_${(counts[layer.type] = (counts[layer.type] ?? 0) + 1)}`;
    const channels = shape[shape.length - 1];
    switch (layer.type) {
      case 'flatten':
        shape = [sizeOf(shape)];
        break;
      case 'reshape':
        shape = [...layer.shape];
        grid = gridOf(shape);
        source = undefined;
        break;
      case 'dense': {
        source = add(`${name}/weights`, [channels, layer.units], grid);
        add(`${name}/biases`, [layer.units], [1, 1, layer.units]);
        shape = [layer.units];
        grid = [1, 1, layer.units];
        break;
      }
      case 'conv2d': {
        const { kernel, filters } = layer;
        const window: TensorLayout['grid'] = [kernel, kernel, channels];
        source = add(`${name}/weights`, [kernel, kernel, channels, filters], window);
        add(`${name}/biases`, [filters], [1, 1, filters]);
        const cut = layer.padding === 'valid' ? kernel - 1 : 0;
        shape = [shape[0] - cut, shape[1] - cut, filters];
        grid = gridOf(shape);
        break;
      }
      case 'maxPool2d':
        shape = [Math.floor(shape[0] / layer.size), Math.floor(shape[1] / layer.size), channels];
        grid = gridOf(shape);
        break;
      case 'columnEmbedding': {
        const rows = layer.symbols.reduce((sum, symbols) => sum + symbols, 0);
        add(`${name}/weights`, [rows, layer.units], [1, 1, rows]);
        shape = [channels + layer.symbols.length * (layer.units - 1)];
        grid = [1, 1, shape[0]];
        source = undefined;
        break;
      }
      case 'dropout':
        break;
      case 'batchNorm':
      case 'embedding':
      case 'gru':
        return undefined;
      default:
        return layer satisfies never;
    }
  }
  return tensors;
}

/** The layout of a tensor of which only name and shape are known. */
export function listedLayout(name: string, shape: number[]): TensorLayout {
  const columns = shape.length > 1 ? shape[shape.length - 1] : 1;
  const rows = sizeOf(shape) / columns;
  return { name, shape, columns, grid: [1, 1, rows] };
}

/** Vectors that were flattened from a square image are still seen as one. */
function gridOf(shape: number[]): TensorLayout['grid'] {
  if (shape.length === 3) return [shape[0], shape[1], shape[2]];
  if (shape.length === 2) return [shape[0], shape[1], 1];
  const size = sizeOf(shape);
  const side = Math.round(Math.sqrt(size));
  return side >= 8 && side * side === size ? [side, side, 1] : [1, 1, size];
}
