/** Kernels that treat every element alone. */
import type {
  BinaryInputs,
  ClipByValueAttrs,
  EluGradInputs,
  LeakyReluAttrs,
  PreluInputs,
  SelectInputs,
  StepAttrs,
  UnaryInputs,
} from '../tf';
import type { Graph, Value } from '../graph';
import { broadcast, cast, lower, type Lowering } from './lowering';
import { ofEach } from './matrices';

const binary = (operator: string, type?: 'bool'): Lowering =>
  lower<BinaryInputs>((graph, { a, b }) =>
    ofEach(graph, [a, b], broadcast(a, b), (sides, shape) =>
      graph.node(operator, sides, shape, { type }),
    ),
  );

const unary = (operator: string): Lowering =>
  lower<UnaryInputs>((graph, { x }) =>
    ofEach(graph, [x], x.shape, (inputs, shape) => graph.node(operator, inputs, shape)),
  );

const not = (graph: Graph, x: Value): Value => graph.node('Not', [x], x.shape);

export const elementwise = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  FloorDiv: lower<BinaryInputs>((graph, { a, b }) => {
    const quotient = graph.node(
      'Div',
      [cast(graph, a, 'float32'), cast(graph, b, 'float32')],
      broadcast(a, b),
    );
    return cast(graph, graph.node('Floor', [quotient], quotient.shape), a.type);
  }),
  Mod: lower<BinaryInputs>((graph, { a, b }) => {
    // Floored, as tfjs has it; ONNX's fmod truncates for floats.
    const shape = broadcast(a, b);
    const quotient = graph.node('Floor', [graph.node('Div', [a, b], shape)], shape);
    return graph.node('Sub', [a, graph.node('Mul', [quotient, b], shape)], shape);
  }),
  Pow: binary('Pow'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  SquaredDifference: lower<BinaryInputs>((graph, { a, b }) => {
    const difference = graph.node('Sub', [a, b], broadcast(a, b));
    return graph.node('Mul', [difference, difference], difference.shape);
  }),
  Greater: binary('Greater', 'bool'),
  GreaterEqual: binary('GreaterOrEqual', 'bool'),
  Less: binary('Less', 'bool'),
  LessEqual: binary('LessOrEqual', 'bool'),
  Equal: binary('Equal', 'bool'),
  NotEqual: lower<BinaryInputs>((graph, { a, b }) =>
    not(graph, graph.node('Equal', [a, b], broadcast(a, b), { type: 'bool' })),
  ),
  LogicalAnd: binary('And', 'bool'),
  LogicalOr: binary('Or', 'bool'),
  LogicalNot: unary('Not'),
  Select: lower<SelectInputs>((graph, { condition, t, e }) =>
    graph.node('Where', [condition, t, e], t.shape, { type: t.type }),
  ),
  AddN: lower<Value[]>((graph, inputs) =>
    graph.node('Sum', Object.values(inputs) as Value[], (inputs as Value[])[0].shape),
  ),

  Abs: unary('Abs'),
  Acos: unary('Acos'),
  Asin: unary('Asin'),
  Atan: unary('Atan'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Elu: unary('Elu'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  IsNan: lower<UnaryInputs>((graph, { x }) => graph.node('IsNaN', [x], x.shape, { type: 'bool' })),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Tan: unary('Tan'),
  Tanh: unary('Tanh'),
  Expm1: lower<UnaryInputs>((graph, { x }) =>
    graph.node('Sub', [graph.node('Exp', [x], x.shape), graph.scalar(1)], x.shape),
  ),
  Log1p: lower<UnaryInputs>((graph, { x }) =>
    graph.node('Log', [graph.node('Add', [x, graph.scalar(1)], x.shape)], x.shape),
  ),
  Rsqrt: lower<UnaryInputs>((graph, { x }) =>
    graph.node('Reciprocal', [graph.node('Sqrt', [x], x.shape)], x.shape),
  ),
  Selu: unary('Selu'),
  Square: lower<UnaryInputs>((graph, { x }) => graph.node('Mul', [x, x], x.shape)),
  Relu6: lower<UnaryInputs>((graph, { x }) =>
    graph.node('Clip', [x, graph.scalar(0), graph.scalar(6)], x.shape),
  ),
  ClipByValue: lower<UnaryInputs, ClipByValueAttrs>(
    (graph, { x }, { clipValueMin, clipValueMax }) =>
      graph.node('Clip', [x, graph.scalar(clipValueMin), graph.scalar(clipValueMax)], x.shape),
  ),
  LeakyRelu: lower<UnaryInputs, LeakyReluAttrs>((graph, { x }, { alpha }) =>
    graph.node('LeakyRelu', [x], x.shape, { attributes: { alpha: { float: alpha } } }),
  ),
  Prelu: lower<PreluInputs>((graph, { x, alpha }) => graph.node('PRelu', [x, alpha], x.shape)),
  EluGrad: lower<EluGradInputs>((graph, { dy, y }) => {
    const slope = graph.node('Add', [y, graph.scalar(1)], y.shape);
    const below = graph.node('Mul', [dy, slope], y.shape);
    return graph.node('Where', [positive(graph, y, true), dy, below], y.shape, { type: dy.type });
  }),
  Step: lower<UnaryInputs, StepAttrs>((graph, { x }, { alpha }) => {
    // tfjs passes alpha = 0 for the derivative of ReLU. Its output is positive where its input is, and asking
    // the output lets ONNX Runtime fuse ReLU into the product before it.
    if (!alpha) {
      return ofEach(graph, [x], x.shape, (inputs, shape) =>
        cast(graph, positive(graph, graph.node('Relu', inputs, shape)), 'float32'),
      );
    }
    return graph.node(
      'Where',
      [positive(graph, x), graph.scalar(1), graph.scalar(alpha)],
      x.shape,
      {
        type: x.type,
      },
    );
  }),
} satisfies Record<string, Lowering>;

function positive(graph: Graph, x: Value, orZero = false): Value {
  const operator = orZero ? 'GreaterOrEqual' : 'Greater';
  return graph.node(operator, [x, graph.scalar(0)], x.shape, { type: 'bool' });
}
