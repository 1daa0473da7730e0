/** Which initializers of an ONNX graph are quantized, and by which scales and zero points. */
import { sizeOf } from '../shape';
import type { LocatedTensor } from './format';
import { readValues } from './values';

/** What is read of a node for that. */
export interface ScaledNode {
  type: string;
  inputs: string[];
  /** The attributes of these names; NaN where they are negative. */
  axis?: number;
  block_size?: number;
}

/** Where a node type has a quantized operand, its scale and zero point, and which axis has a scale for each place: from the end where it is negative. */
const operands: Partial<Record<string, { at: [number, number, number]; axis?: number }>> = {
  DequantizeLinear: { at: [0, 1, 2] },
  QLinearConv: { at: [3, 4, 5], axis: 0 },
  QLinearMatMul: { at: [3, 4, 5], axis: -1 },
  QGemm: { at: [3, 4, 5] },
  DynamicQuantizeMatMul: { at: [1, 2, 3], axis: -1 },
  MatMulIntegerToFloat: { at: [1, 3, 5], axis: -1 },
};

/** Those whose scale is multiplied with afterwards: ONNX Runtime names it after the operand. */
const unscaled: Partial<Record<string, { operand: number; axis: number }>> = {
  ConvInteger: { operand: 1, axis: 0 },
  MatMulInteger: { operand: 1, axis: -1 },
};

interface Shaped {
  name: string;
  shape: number[];
}

interface Scaling {
  scale: string;
  zeroPoint?: string;
  axis?: number;
  block?: number;
}

/** Gives each quantized tensor that was located what its numbers stand for. */
export async function findScales(
  tensors: Shaped[],
  nodes: ScaledNode[],
  located: LocatedTensor[],
): Promise<void> {
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const places = new Map(located.map((tensor) => [tensor.name, tensor]));
  const readNumbers = async (name: string): Promise<number[] | undefined> => {
    const tensor = places.get(name);
    // Scales are few; what is longer is no list of them.
    if (!tensor || tensor.parameters > mostScales) return undefined;
    const values = await readValues({ ...tensor, coding: undefined });
    return values && Array.from(values);
  };
  for (const [name, { scale, zeroPoint, axis, block }] of scalingsOf(nodes, shapes)) {
    const tensor = places.get(name);
    if (!tensor) continue;
    const scales = await readNumbers(scale);
    const zeroPoints = zeroPoint === undefined ? [0] : await readNumbers(zeroPoint);
    const inner = scales && innerOf(shapes.get(name)!, scales.length, axis, block);
    const fits = zeroPoints && (zeroPoints.length === 1 || zeroPoints.length === scales?.length);
    if (scales && inner !== undefined && fits) {
      tensor.coding = { type: 'quantized', scales, zeroPoints, inner };
      tensor.parts = zeroPoint === undefined ? [scale] : [scale, zeroPoint];
    } else tensor.unscaled = true;
  }
}

const mostScales = 1 << 20;

function scalingsOf(nodes: ScaledNode[], shapes: Map<string, number[]>): Map<string, Scaling> {
  const found = new Map<string, Scaling>();
  const axes = new Map<string, number>();
  for (const { type, inputs, axis, block_size: block } of nodes) {
    const known = operands[type];
    if (known) {
      const [name, scale, zeroPoint] = known.at.map((i) => inputs[i] || undefined);
      if (!name || !shapes.has(name) || !scale) continue;
      const usual = type === 'DequantizeLinear' ? 1 : known.axis;
      found.set(name, { scale, zeroPoint, axis: axis ?? usual, block });
    }
    const later = unscaled[type];
    if (later) axes.set(inputs[later.operand], later.axis);
  }
  for (const name of shapes.keys()) {
    const base = /^(.*)_quantized$/.exec(name)?.[1];
    if (base === undefined || found.has(name)) continue;
    const [scale, zeroPoint] = [`${base}_scale`, `${base}_zero_point`];
    if (!shapes.has(scale) || !shapes.has(zeroPoint)) continue;
    found.set(name, { scale, zeroPoint, axis: axes.get(name) });
  }
  return found;
}

/** How many numbers in a row have the same scale; undefined where that is not certain. */
function innerOf(
  shape: number[],
  scales: number,
  axis: number | undefined,
  block: number | undefined,
): number | undefined {
  if (scales === 1) return 1;
  if (block) {
    // Blocks along the last axis follow one another, others lie across.
    const last = axis === shape.length - 1 && shape[axis] % block === 0;
    return last && scales * block === sizeOf(shape) ? block : undefined;
  }
  const sides = shape.flatMap((side, at) => (side === scales ? [at] : []));
  const told = axis === undefined || Number.isNaN(axis) ? undefined : axis;
  const at =
    told === undefined
      ? sides.length === 1
        ? sides[0]
        : -1
      : told < 0
        ? told + shape.length
        : told;
  return shape[at] === scales ? sizeOf(shape.slice(at + 1)) : undefined;
}
