import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { JobRequest } from '../../../src/jobs/protocol';
import type { Jobs } from '../../../src/views/jobs';
import { createModelSummaries } from '../../../src/views/modelSummaries';
import { temporaryFolder } from '../../fixtures/temporaryFolder';
import { deflatedZip } from '../../fixtures/zip';

/** Jobs that only write down what they are asked. */
function writingDown(): { asked: JobRequest[]; jobs: Jobs } {
  const asked: JobRequest[] = [];
  const ask = (request: JobRequest): Promise<string> => {
    asked.push(request);
    return Promise.resolve('from the job');
  };
  return { asked, jobs: { ask } as Partial<Jobs> as Jobs };
}

describe('model summaries', () => {
  it('leave a header that unpacks to more than the host may hold to a job', async (t) => {
    const folder = temporaryFolder(t, {
      'bomb.pt': deflatedZip({ 'a/data.pkl': new Uint8Array(1 << 26) }),
    });
    const file = join(folder, 'bomb.pt');
    assert.ok(statSync(file).size < 70_000);
    const { asked, jobs } = writingDown();
    assert.equal(await createModelSummaries(jobs).of(file), 'from the job');
    assert.deepEqual(asked, [{ type: 'inspect', file }]);
  });

  it('read a deflated header that is short in the host', async () => {
    const { asked, jobs } = writingDown();
    const { tensors } = await createModelSummaries(jobs).of('test/fixtures/models/deflated.npz');
    assert.ok(tensors.length > 0);
    assert.deepEqual(asked, []);
  });

  it('are read again when the data beside the file come', async (t) => {
    const models = 'test/fixtures/models';
    const folder = temporaryFolder(t, {
      'external.onnx': readFileSync(join(models, 'external.onnx')),
    });
    const file = join(folder, 'external.onnx');
    const summaries = createModelSummaries(writingDown().jobs);
    const notes = async (): Promise<string> => (await summaries.of(file)).notes.join(' ');
    assert.doesNotMatch(await notes(), /external\.onnx\.data: 96 bytes/);
    copyFileSync(join(models, 'external.onnx.data'), join(folder, 'external.onnx.data'));
    assert.match(await notes(), /external\.onnx\.data: 96 bytes/);
    const [first, second] = [summaries.of(file), summaries.of(file)];
    assert.equal(await first, await second);
  });

  it('are read again after a failure, though the file is the same', async (t) => {
    const folder = temporaryFolder(t, {
      'bomb.pt': deflatedZip({ 'a/data.pkl': new Uint8Array(1 << 26) }),
    });
    let asked = 0;
    const ask = (): Promise<string> =>
      asked++ === 0 ? Promise.reject(new Error('The job process died.')) : Promise.resolve('read');
    const jobs = { ask } as Partial<Jobs> as Jobs;
    const summaries = createModelSummaries(jobs);
    const file = join(folder, 'bomb.pt');
    await assert.rejects(summaries.of(file), /died/);
    assert.equal(await summaries.of(file), 'read');
  });
});
