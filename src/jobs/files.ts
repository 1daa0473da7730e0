/** What inspect and unpack requests do: a model file's header as a summary, a packed model as ONNX. */
import { readFile } from 'node:fs/promises';
import { decode } from '../core/compress/container/container';
import { KolmoError } from '../core/error';
import { inspect as inspectFile } from '../core/formats/formats';
import type { ModelSummary } from '../core/formats/summary';
import { exportOnnx } from '../core/train/export';
import { writeArtifact } from '../runs/artifact';
import type { InspectRequest, UnpackRequest } from './protocol';

/** What `kolmo unpack --json` prints. */
export interface UnpackSummary {
  file: string;
  out: string;
  bytes: { packed: number; unpacked: number };
}

export async function inspect({ file }: InspectRequest): Promise<ModelSummary & { file: string }> {
  return { file, ...(await inspectFile(file)) };
}

export async function unpack({ file, out }: UnpackRequest): Promise<UnpackSummary> {
  const packed = await readFile(file).catch((error: Error) => {
    throw new KolmoError(`${file} cannot be read: ${error.message}.`);
  });
  const unpacked = await writeArtifact(out, exportOnnx(decode(new Uint8Array(packed), file)));
  return { file, out, bytes: { packed: packed.length, unpacked } };
}
