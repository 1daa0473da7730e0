/** Writes a model as an ONNX file whose products run on 8-bit integers: the QDQ form of Jacob et al. 2018 that ONNX Runtime fuses. */
import type { Dataset } from '../data/dataset';
import type { Graph, Value } from '../engine/graph';
import { KolmoError } from '../error';
import { writeGraph, floats, type Precision } from './export';
import { reordered } from './layers/layer';
import type { Model, Parameter } from './model';
import { isProduct, observeInputs, type ObserveOptions } from './observe';

const int8Defaults: ObserveOptions = { examples: 1000, threads: 1 };

/**
 * Weights become int8 with a scale for each output and no zero point, what a layer reads becomes uint8 by its
 * range over the calibration data, biases int32 in the scale of the products. Signed activations would be
 * slower than floats in ONNX Runtime, which multiplies unsigned by signed bytes.
 *
 * Throws a KolmoError for a model without such layers, and for calibration data of another shape.
 */
export async function exportInt8(
  model: Model,
  calibration: Dataset,
  options: Partial<ObserveOptions> = {},
): Promise<Uint8Array> {
  if (!model.architecture.layers.some(isProduct)) {
    const kinds = new Set(model.architecture.layers.map(({ type }) => type));
    throw new KolmoError(
      `The model has no dense and no convolutional layer (${[...kinds].join(', ')}), and only their products run on 8-bit integers: export it as float32.`,
    );
  }
  const ranges = await calibrate(model, calibration, { ...int8Defaults, ...options });
  return writeGraph(model, integers(model, ranges)).serialize();
}

/** The smallest and largest value that a layer reads; zero lies between them. */
interface Range {
  minimum: number;
  maximum: number;
}

/** Ranges by the name of the layer that reads the values. */
type Ranges = Map<string, Range>;

async function calibrate(
  model: Model,
  calibration: Dataset,
  options: ObserveOptions,
): Promise<Ranges> {
  const over =
    (operator: string) =>
    (graph: Graph, x: Value): Value =>
      graph.node(operator, [x], [], { attributes: { keepdims: 0 } });
  const ends = { minimum: over('ReduceMin'), maximum: over('ReduceMax') };
  const observed = await observeInputs(model, calibration, options, ends);
  return new Map(
    Array.from(observed, ([layer, { minimum, maximum }]) => [
      layer,
      { minimum: Math.min(0, minimum[0]), maximum: Math.max(0, maximum[0]) },
    ]),
  );
}

const integers = ({ parameters }: Model, ranges: Ranges): Precision => ({
  input(graph, x, { name }) {
    const range = ranges.get(name);
    return range ? throughBytes(graph, x, range) : x;
  },
  parameter(graph, parameter, layer, order) {
    const range = ranges.get(layer.name);
    if (!range) return floats.parameter(graph, parameter, layer, order);
    if (parameter.shape.length > 1) return weightBytes(graph, parameter, order);
    const weights = parameters.find(({ name }) => name === `${layer.name}/weights`)!;
    return biasIntegers(graph, parameter, weights, range);
  },
});

/** x -> uint8 -> x: the pair that tells a runtime that bytes are enough here. */
function throughBytes(graph: Graph, x: Value, { minimum, maximum }: Range): Value {
  const scale = graph.scalar(stepOf({ minimum, maximum }));
  const zero = Math.round(-minimum / stepOf({ minimum, maximum }));
  const zeroPoint = graph.constant(Uint8Array.of(zero), [], 'uint8');
  const bytes = graph.node('QuantizeLinear', [x, scale, zeroPoint], x.shape, { type: 'uint8' });
  const options = { type: 'float32' } as const;
  return graph.node('DequantizeLinear', [bytes, scale, zeroPoint], x.shape, options);
}

const stepOf = ({ minimum, maximum }: Range): number => Math.fround((maximum - minimum) / 255) || 1;

function weightBytes(graph: Graph, parameter: Parameter, order: number[]): Value {
  const { scales, levels } = bytesOf(parameter);
  const axis = order.indexOf(parameter.shape.length - 1);
  const { data, shape } = reordered(levels, parameter.shape, order);
  return graph.node(
    'DequantizeLinear',
    [
      graph.constant(data, shape, 'int8', parameter.name),
      graph.constant(scales, [scales.length], 'float32', `${parameter.name}/scales`),
      graph.constant(new Int8Array(scales.length), [scales.length], 'int8'),
    ],
    shape,
    { type: 'float32', attributes: { axis } },
  );
}

/** A bias counts in units of one step of the activation times one step of its output's weights. */
function biasIntegers(graph: Graph, biases: Parameter, weights: Parameter, range: Range): Value {
  const scales = bytesOf(weights).scales.map((scale) => scale * stepOf(range));
  const levels = Int32Array.from(biases.data, (value, i) => Math.round(value / scales[i]));
  return graph.node(
    'DequantizeLinear',
    [
      graph.constant(levels, biases.shape, 'int32', biases.name),
      graph.constant(scales, biases.shape, 'float32', `${biases.name}/scales`),
    ],
    biases.shape,
    { type: 'float32', attributes: { axis: 0 } },
  );
}

/** A scale for each output, and levels from -127 to 127; levels that a pass has chosen around zero stay what they are, but for those of groups: an axis has one scale for each place. */
function bytesOf({ data, shape, encoding }: Parameter): {
  scales: Float32Array;
  levels: Int8Array;
} {
  const outputs = shape[shape.length - 1];
  if (
    encoding.type === 'quantized' &&
    encoding.groupSize === undefined &&
    encoding.zeroPoints.every((point) => point === 0) &&
    encoding.levels.every((level) => Math.abs(level) <= 127)
  ) {
    const { scales, levels } = encoding;
    const each = Float32Array.from({ length: outputs }, (_, i) => scales[i % scales.length]);
    return { scales: each, levels: Int8Array.from(levels) };
  }
  const scales = new Float32Array(outputs);
  data.forEach((value, i) => {
    scales[i % outputs] = Math.max(scales[i % outputs], Math.abs(value) / 127);
  });
  const steps = scales.map((scale) => scale || 1);
  return {
    scales: steps,
    levels: Int8Array.from(data, (value, i) => Math.round(value / steps[i % outputs])),
  };
}
