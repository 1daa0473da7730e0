/** Writes TensorBoard event files: framed records of protocol buffers, as tensorflow/core/util/event.proto has them. */
import protobuf from 'protobufjs/light';
import { joinBytes } from '../core/join';
import type { Histogram } from '../core/compress/analysis/histogram';

/** What one record tells. `at` is in seconds since the Unix epoch. */
export type TensorBoardEvent = { at: number; step: number } & (
  | { type: 'scalar'; tag: string; value: number }
  | { type: 'histogram'; tag: string; histogram: Histogram; zeros: number }
  | { type: 'image'; tag: string; png: Uint8Array; width: number; height: number }
  /** The run goes on from here: what earlier files say from this step on is forgotten. */
  | { type: 'restart' }
);

/** The first record of every file; TensorBoard refuses a file without it. */
export const tensorBoardHeader = (at: number): Uint8Array =>
  frame(eventType.encode({ wallTime: at, fileVersion: 'brain.Event:2' }).finish());

/** Records to append to a file that begins with the header. */
export function encodeTensorBoard(events: TensorBoardEvent[]): Uint8Array {
  return joinBytes(
    events.map((event) =>
      frame(
        eventType.encode({ wallTime: event.at, step: event.step, ...contentOf(event) }).finish(),
      ),
    ),
  );
}

function contentOf(event: TensorBoardEvent): object {
  const summary = (value: object): object => ({ summary: { value: [value] } });
  switch (event.type) {
    case 'scalar':
      return summary({ tag: event.tag, simpleValue: event.value });
    case 'histogram':
      return summary({ tag: event.tag, histo: histogramOf(event.histogram, event.zeros) });
    case 'image': {
      const { tag, width, height, png } = event;
      const image = { width, height, colorspace: 1, encodedImageString: png };
      return summary({ tag, image });
    }
    case 'restart':
      return { sessionLog: { status: 1 } };
    default:
      return event satisfies never;
  }
}

/** Equal bins, each by its right edge; the zeros, which the bins leave out, are a narrow bin of their own. */
function histogramOf({ minimum, maximum, counts }: Histogram, zeros: number): object {
  const width = (maximum - minimum) / counts.length;
  const bins = counts.map((count, i) => ({ right: minimum + (i + 1) * width, count }));
  if (zeros > 0) bins.push({ right: 0, count: zeros });
  bins.sort((a, b) => a.right - b.right);
  const [first] = bins;
  const centres = bins.map(({ right, count }) => ({
    x: right === 0 ? 0 : right - width / 2,
    count,
  }));
  return {
    min: Math.min(minimum, zeros > 0 ? 0 : minimum),
    max: Math.max(maximum, zeros > 0 ? 0 : maximum),
    num: bins.reduce((sum, { count }) => sum + count, 0),
    sum: centres.reduce((sum, { x, count }) => sum + x * count, 0),
    sumSquares: centres.reduce((sum, { x, count }) => sum + x * x * count, 0),
    // The left edge of the first bin is an empty bin.
    bucketLimit: [first.right - width, ...bins.map(({ right }) => right)],
    bucket: [0, ...bins.map(({ count }) => count)],
  };
}

/** Length (uint64), its masked checksum, the record, its masked checksum. */
function frame(record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(record.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(record.length), true);
  view.setUint32(8, maskedChecksum(bytes.subarray(0, 8)), true);
  bytes.set(record, 12);
  view.setUint32(12 + record.length, maskedChecksum(record), true);
  return bytes;
}

/** CRC-32C, rotated and shifted by a constant so that checksums of checksums differ (TFRecord). */
export function maskedChecksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = castagnoli[(crc ^ byte) & 255] ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

const field = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string) => ({ id, type, rule: 'repeated' });

const eventType = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: field(1, 'double'),
        step: field(2, 'int64'),
        fileVersion: field(3, 'string'),
        summary: field(5, 'Summary'),
        sessionLog: field(7, 'SessionLog'),
      },
    },
    SessionLog: { fields: { status: field(1, 'int32') } },
    Summary: { fields: { value: repeated(1, 'Value') } },
    Value: {
      fields: {
        tag: field(1, 'string'),
        simpleValue: field(2, 'float'),
        image: field(4, 'Image'),
        histo: field(5, 'HistogramProto'),
      },
    },
    Image: {
      fields: {
        height: field(1, 'int32'),
        width: field(2, 'int32'),
        colorspace: field(3, 'int32'),
        encodedImageString: field(4, 'bytes'),
      },
    },
    HistogramProto: {
      fields: {
        min: field(1, 'double'),
        max: field(2, 'double'),
        num: field(3, 'double'),
        sum: field(4, 'double'),
        sumSquares: field(5, 'double'),
        bucketLimit: repeated(6, 'double'),
        bucket: repeated(7, 'double'),
      },
    },
  },
}).lookupType('Event');
