/** An architecture in the header of a packed model: a number for a known one, or its layers one by one. */
import type { Activation, Architecture, LayerSpec } from '../train/model';
import { damaged, type BitReader, type BitWriter } from './bits';
import { knownArchitectures } from './kolmoLayout';

const tasks: Architecture['task'][] = ['classification', 'regression', 'generation', 'nextSymbol'];
const activations: Activation[] = ['linear', 'relu', 'leakyRelu', 'sigmoid', 'tanh', 'softmax'];
const layerTypes: LayerSpec['type'][] = [
  'flatten',
  'reshape',
  'dense',
  'conv2d',
  'maxPool2d',
  'batchNorm',
  'dropout',
  'embedding',
  'gru',
  'columnEmbedding',
];
/** Names that are stored as four bits; a name once in this list keeps its place. */
const knownNames = ['lenet-300-100', 'lenet-5', 'mlp', 'cnn', 'gru'];

export function encodeArchitecture(writer: BitWriter, architecture: Architecture): void {
  const text = JSON.stringify(architecture);
  const known = knownArchitectures.findIndex((other) => JSON.stringify(other) === text);
  writer.bits(known >= 0 ? 1 : 0, 1);
  if (known >= 0) return writer.bits(known, 3);
  encodeName(writer, architecture.name);
  writer.bits(tasks.indexOf(architecture.task), 2);
  encodeShape(writer, architecture.inputShape);
  writer.number(architecture.layers.length, 3);
  for (const layer of architecture.layers) {
    writer.bits(layerTypes.indexOf(layer.type), 4);
    switch (layer.type) {
      case 'flatten':
      case 'batchNorm':
        break;
      case 'reshape':
        encodeShape(writer, layer.shape);
        break;
      case 'dense':
        writer.number(layer.units, 6);
        writer.bits(activations.indexOf(layer.activation), 3);
        break;
      case 'conv2d':
        writer.number(layer.filters, 4);
        writer.number(layer.kernel, 2);
        writer.bits(layer.padding === 'same' ? 1 : 0, 1);
        writer.bits(activations.indexOf(layer.activation), 3);
        break;
      case 'maxPool2d':
        writer.number(layer.size, 1);
        break;
      case 'dropout':
        writer.number(Math.round(layer.rate * 1000), 8);
        break;
      case 'embedding':
        writer.number(layer.symbols, 6);
        writer.number(layer.units, 4);
        break;
      case 'gru':
        writer.number(layer.units, 6);
        break;
      case 'columnEmbedding':
        writer.number(layer.symbols.length, 3);
        for (const symbols of layer.symbols) writer.number(symbols, 6);
        writer.number(layer.units, 4);
        break;
      default:
        layer satisfies never;
    }
  }
}

export function decodeArchitecture(reader: BitReader, name: string): Architecture {
  if (reader.bits(1)) {
    const known = knownArchitectures[reader.bits(3)];
    if (!known) throw damaged(name, 'it has an architecture by a number that was never given out');
    return structuredClone(known);
  }
  const known = decodeName(reader, name);
  const task = tasks[reader.bits(2)];
  const inputShape = decodeShape(reader, name);
  const count = reader.number(3);
  if (count > 4096) throw damaged(name, `it claims ${count} layers`);
  const layers = Array.from({ length: count }, (): LayerSpec => {
    const type = layerTypes[reader.bits(4)];
    switch (type) {
      case 'flatten':
      case 'batchNorm':
        return { type };
      case 'reshape':
        return { type, shape: decodeShape(reader, name) };
      case 'dense':
        return { type, units: reader.number(6), activation: decodeActivation(reader, name) };
      case 'conv2d': {
        const filters = reader.number(4);
        const kernel = reader.number(2);
        const padding = reader.bits(1) ? 'same' : 'valid';
        return { type, filters, kernel, padding, activation: decodeActivation(reader, name) };
      }
      case 'maxPool2d': {
        const size = reader.number(1);
        if (size === 0) throw damaged(name, 'it pools over windows of size 0');
        return { type, size };
      }
      case 'dropout':
        return { type, rate: reader.number(8) / 1000 };
      case 'embedding': {
        const symbols = reader.number(6);
        return { type, symbols, units: reader.number(4) };
      }
      case 'gru':
        return { type, units: reader.number(6) };
      case 'columnEmbedding': {
        const columns = reader.number(3);
        if (columns > 4096) throw damaged(name, `it embeds ${columns} columns`);
        const symbols = Array.from({ length: columns }, () => reader.number(6));
        return { type, symbols, units: reader.number(4) };
      }
      case undefined:
        throw damaged(name, 'it names a kind of layer that does not exist');
      default:
        return type satisfies never;
    }
  });
  return { name: known, inputShape, layers, task };
}

function decodeActivation(reader: BitReader, name: string): Activation {
  const activation = activations[reader.bits(3)];
  if (!activation) throw damaged(name, 'it names an activation that does not exist');
  return activation;
}

export function encodeName(writer: BitWriter, name: string): void {
  const known = knownNames.indexOf(name);
  writer.bits(known >= 0 ? 1 : 0, 1);
  if (known >= 0) return writer.bits(known, 4);
  const bytes = new TextEncoder().encode(name);
  writer.number(bytes.length, 4);
  for (const byte of bytes) writer.bits(byte, 8);
}

export function decodeName(reader: BitReader, name: string): string {
  if (reader.bits(1)) {
    const known = knownNames[reader.bits(4)];
    if (!known) throw damaged(name, 'it has a name by a number that was never given out');
    return known;
  }
  const length = reader.number(4);
  if (length > 4096) throw damaged(name, `it has a name of ${length} bytes`);
  return new TextDecoder().decode(Uint8Array.from({ length }, () => reader.bits(8)));
}

export function encodeShape(writer: BitWriter, shape: number[]): void {
  writer.bits(shape.length, 3);
  for (const size of shape) writer.number(size, 4);
}

export function decodeShape(reader: BitReader, name: string): number[] {
  const shape = Array.from({ length: reader.bits(3) }, () => reader.number(4));
  if (shape.includes(0)) throw damaged(name, 'it has a shape with a side of length 0');
  return shape;
}
