/** The formats of model files: one row each. */
import { formatCount } from '../count';
import { KolmoError } from '../error';
import type { Format, FormatName } from './format';
import { gguf } from './gguf';
import { keras } from './keras';
import { kolmo } from './kolmo';
import { withModelFile } from './modelFile';
import { npy, npz } from './numpy';
import { onnx } from './onnx';
import { pytorch } from './pytorch';
import { safetensors } from './safetensors';
import type { ModelSummary } from './summary';
import { tfjs } from './tfjs';
import { tflite } from './tflite';

export const formats: Record<FormatName, Format> = {
  kolmo,
  safetensors,
  onnx,
  gguf,
  npz,
  npy,
  tfjs,
  tflite,
  pytorch,
  keras,
};

/**
 * Reads the header of a model file: its tensors, their types, shapes and bytes.
 * Costs the header, however large the file; shards and external data beside it are only measured.
 * @throws KolmoError naming file, offset, expected and found
 */
export async function inspect(path: string): Promise<ModelSummary> {
  return withModelFile(path, async (file) => {
    const name = findFormat(file.name, await file.read(0, 4096));
    return { format: name, bytes: file.length, ...(await formats[name].read(file)) };
  });
}

/** The format that a file's first bytes prove, else the one its name says. */
export function findFormat(fileName: string, head: Uint8Array): FormatName {
  const names = Object.keys(formats) as FormatName[];
  const proven = names.find((name) => formats[name].magic?.(head));
  if (proven) return proven;
  const other = whatItIs(head);
  if (other) throw new KolmoError(`${fileName} ${other}`);
  const said = formatByName(fileName);
  if (said) return said;
  // A TensorFlow.js model may have any name.
  if (/\.json$/i.test(fileName)) return 'tfjs';
  throw new KolmoError(
    `${fileName} is of no known model format: expected one of ${extensions().join(', ')}.`,
  );
}

/** What stands in a model's place where it was not fetched, as the rest of a sentence. */
function whatItIs(head: Uint8Array): string | undefined {
  if (head.length === 0) return 'is empty: it has 0 bytes.';
  const text = new TextDecoder('latin1').decode(head.subarray(0, 512));
  if (text.startsWith('version https://git-lfs')) {
    const size = /^size (\d+)$/m.exec(text)?.[1];
    const bytes = size ? ` of ${formatCount(Number(size))} bytes` : '';
    return `is a pointer of Git LFS, not the model${bytes} that it stands for: "git lfs pull" fetches that.`;
  }
  if (/^\s*<(!doctype html|html)/i.test(text)) {
    return 'is a web page, not a model: the download was answered with a message, which a browser or text editor shows.';
  }
  return undefined;
}

/** The format that a file's name says, without reading it. */
function formatByName(fileName: string): FormatName | undefined {
  const lower = fileName.toLowerCase();
  return (Object.keys(formats) as FormatName[]).find((name) =>
    formats[name].extensions.some((extension) => lower.endsWith(extension)),
  );
}

/** All endings of model files, for menus, watchers and sentences. */
export function extensions(): string[] {
  return Object.values(formats).flatMap((format) => format.extensions);
}
