import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { commandText } from '../../../src/report/shell';

describe('commandText', () => {
  it('quotes so that a shell reads the same words', () => {
    const words = ['printf', '%s\\n', '/w/a table & more.csv', "it's", '$HOME', '--x=1', ''];
    const { stdout } = spawnSync('sh', ['-c', commandText(words)], { encoding: 'utf8' });
    assert.equal(stdout, `${words.slice(2).join('\n')}\n`);
  });

  it('leaves plain words as they are, and the source of what is loaded out', () => {
    const words = ['node', '--permission', '--import=data:text/javascript,let a = 1;', 'a.mjs'];
    assert.equal(commandText(words), 'node --permission --import=data:text/javascript,… a.mjs');
  });
});
