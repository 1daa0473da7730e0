/** What inspect, explain and unpack requests do: a model file's header as a summary, what its bytes are spent on without need, a packed model as ONNX or safetensors. */
import { readFile } from 'node:fs/promises';
import { readError } from '../core/error';
import { decode, encodeWithLedger } from '../core/compress/container/container';
import type { Ledger } from '../core/compress/container/ledger';
import { explain as explainFile, type Explanation } from '../core/formats/explain';
import { inspect as inspectFile } from '../core/formats/formats';
import { writeSafetensors } from '../core/formats/safetensors';
import type { ModelSummary } from '../core/formats/summary';
import { exportOnnx } from '../core/train/export';
import type { Model } from '../core/train/model';
import { prepareOutput, writeArtifact } from '../runs/artifact';
import type { ExplainRequest, InspectRequest, UnpackRequest } from './protocol';

/** What `kolmo unpack --json` prints. */
export interface UnpackSummary {
  file: string;
  out: string;
  bytes: { packed: number; unpacked: number };
}

/** What `kolmo inspect --json` prints; `ledger` of packed models only. */
export type Inspected = ModelSummary & { file: string; ledger?: Ledger };

/** What `kolmo explain --json` prints. */
export type Explained = Explanation & { file: string };

export async function inspect({ file, ledger }: InspectRequest): Promise<Inspected> {
  const summary = await inspectFile(file);
  if (!ledger || summary.format !== 'kolmo') return { file, ...summary };
  // Packing what was unpacked gives the same file, and with it the ledger.
  return { file, ...summary, ledger: encodeWithLedger((await readPacked(file)).model).ledger };
}

export const explain = async ({ file }: ExplainRequest): Promise<Explained> => ({
  file,
  ...(await explainFile(file)),
});

export async function unpack({ file, out }: UnpackRequest): Promise<UnpackSummary> {
  const { model, packed } = await readPacked(file);
  await prepareOutput(out, file);
  const bytes = out.endsWith('.safetensors') ? exportSafetensors(model) : exportOnnx(model);
  const unpacked = await writeArtifact(out, bytes);
  return { file, out, bytes: { packed: packed.length, unpacked } };
}

async function readPacked(file: string): Promise<{ model: Model; packed: Uint8Array }> {
  const packed = await readFile(file).catch((error: unknown) => {
    throw readError(error, file);
  });
  return { model: decode(new Uint8Array(packed), file), packed };
}

/** The parameters alone, float32; the metadata name the architecture, which safetensors has no place for. */
const exportSafetensors = ({ architecture, parameters }: Model): Uint8Array =>
  writeSafetensors(
    parameters.map(({ name, shape, data }) => ({
      name,
      dtype: 'F32',
      shape,
      bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    { architecture: architecture.name },
  );
