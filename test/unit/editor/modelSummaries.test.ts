import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
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
});
