import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resultOf } from '../../../src/core/relay';
import { diffRun } from '../../../src/jobs/diff';

describe('holding two model files against each other', () => {
  const request = {
    type: 'diff' as const,
    a: 'test/fixtures/models/gemm.onnx',
    b: 'test/fixtures/models/gemm.quantized.onnx',
  };

  it('stops between two pieces of work when it is asked to', async () => {
    const run = diffRun(request, { stopping: () => stopping, now: () => 0 });
    let stopping = false;
    const { value } = await run.next();
    assert.equal((value as { type: string }).type, 'progress');
    stopping = true;
    await assert.rejects(run.next(), {
      name: 'KolmoError',
      message: 'Stopped before all tensors were compared.',
    });
  });

  it('answers with both files, as they were named', async () => {
    const { a, b } = await resultOf(diffRun(request, { stopping: () => false, now: () => 0 }));
    assert.deepEqual([a.file, a.bytes, b.file, b.bytes], [request.a, 269, request.b, 929]);
  });
});
