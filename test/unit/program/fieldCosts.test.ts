import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { costsInFile, fieldCosts } from '../../../src/core/program/costs/fieldCosts';
import type { Syntax } from '../../../src/core/program/syntax';

const table: Syntax = { type: 'table', delimiter: 44 };
const costs = (text: string, syntax: Syntax) => {
  const bytes = new TextEncoder().encode(text);
  return fieldCosts(bytes, new Float32Array(bytes.length).fill(2), syntax);
};

describe('fieldCosts', () => {
  it('gives every byte of a table to a column, named by its head, whether a line end closes the file or not', () => {
    for (const end of ['', '\n']) {
      assert.deepEqual(costs(`id,"a name"\n1,x\n22,"y,z"${end}`, table), [
        { name: 'id', bytes: 8, bits: 16 },
        { name: 'a name', bytes: 16 + end.length, bits: 2 * (16 + end.length) },
      ]);
    }
  });
  it('gives all lines of a quoted text to its column', () => {
    const fields = costs('id,text,n\n1,"a, b\nc",5\n2,"d\n\n""e""",6\n', {
      ...table,
      holdsLines: true,
    });
    assert.deepEqual(
      fields.map(({ name, bytes }) => [name, bytes]),
      [
        ['id', 7],
        ['text', 25],
        ['n', 6],
      ],
    );
  });
  it('counts a ragged row and an empty head', () => {
    const fields = costs('a,\n1,2,3\n4\n', table);
    assert.deepEqual(
      fields.map(({ name }) => name),
      ['a', '2', '3'],
    );
    assert.equal(
      fields.reduce((sum, { bytes }) => sum + bytes, 0),
      11,
    );
  });
  it('gives what no field of cut JSON holds to the last one that ends', () => {
    for (const end of ['', '"c": 4, "d": "left op', ']'.repeat(9), '"'.repeat(9)]) {
      const text = `[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {${end}`;
      const fields = costs(text, { type: 'json' });
      assert.equal(
        fields.reduce((sum, { bytes }) => sum + bytes, 0),
        text.length,
        text,
      );
    }
    assert.deepEqual(costs('"never ends', { type: 'json' }), []);
  });
  it('tells the keys of JSON apart', () => {
    const text = '[{"id": 1, "name": "anna"}, {"id": 2, "name": "bert"}]';
    const fields = costs(text, { type: 'json' });
    assert.deepEqual(
      fields.map(({ name }) => name),
      ['keys and punctuation', 'id', 'name'],
    );
    assert.equal(
      fields.reduce((sum, { bits }) => sum + bits, 0),
      2 * text.length,
    );
  });
  it('gives what arrays hold to their key, and what objects in them hold to theirs', () => {
    const polygon = '{"type":"Polygon","coordinates":[[[1,2],[3,4]],[[5,6]]],"id":7}';
    const fields = costs(`{"features":[${polygon},${polygon}],"n":8}`, { type: 'json' });
    assert.deepEqual(
      fields.map(({ name, bytes }) => [name, bytes]),
      [
        ['keys and punctuation', 74],
        ['features', 2],
        ['type', 20],
        ['coordinates', 46],
        ['id', 4],
        ['n', 2],
      ],
    );
  });
  it('knows no fields in text, and none in a log, which would have one for each word', () => {
    assert.deepEqual(costs('a, b and c', { type: 'text' }), []);
    assert.deepEqual(costs('06:55 host up\n06:56 host up\n', { type: 'log' }), []);
  });
  it('gives what a table costs that is restated to its columns, by their places', () => {
    const file = new TextEncoder().encode('id,when\n'.concat('1,2024-01-01\n'.repeat(8)));
    const restated = [2, 3].map((bits) => ({ name: 'any', bytes: 1, bits }));
    assert.deepEqual(
      costsInFile(file, restated).map(({ name, bits }) => [name, bits]),
      [
        ['id', 2],
        ['when', 3],
      ],
    );
    assert.deepEqual(costsInFile(file, []), []);
  });
  it('gives what a key costs to the one of the longest name that fits', () => {
    const record = '{"x":1,"a.x":2}';
    const file = new TextEncoder().encode(`[${`${record},`.repeat(3)}${record}]`);
    const fields = costsInFile(file, [{ name: 'b.a.x', bytes: 1, bits: 5 }]);
    assert.deepEqual(
      fields.map(({ name, bits }) => [name, bits]),
      [
        ['keys and punctuation', 0],
        ['a.x', 5],
      ],
    );
  });
  it('gives what records cost as rows to the keys of their file, and what they are called to what stands between', () => {
    const record = '{"at":{"x":1,"id":2},"list":[{"y":1}],"id":3}';
    const file = new TextEncoder().encode(`{"a":${record},"b":${record}}`);
    const restated = ['key', 'at.x', 'at.id', 'list', 'id'].map((name, k) => ({
      name,
      bytes: 9,
      bits: 10 ** k,
    }));
    const fields = costsInFile(file, restated);
    assert.deepEqual(
      fields.map(({ name, bits }) => [name, bits]),
      [
        ['keys and punctuation', 1],
        ['x', 10],
        ['id', 10100],
        ['list', 1000],
      ],
    );
    assert.equal(
      fields.reduce((sum, { bytes }) => sum + bytes, 0),
      file.length,
    );
  });
});
