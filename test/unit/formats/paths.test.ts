import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findModelPaths } from '../../../src/core/formats/paths';

const rows: [what: string, text: string, paths: string[]][] = [
  ['Python', "session = ort.InferenceSession('models/net.onnx')", ['models/net.onnx']],
  ['a raw Python string', 'load(r"C:\\\\models\\\\net.pt")', ['C:\\models\\net.pt']],
  [
    'TypeScript',
    'const model = await load(`./a.safetensors`, "b.gguf");',
    ['./a.safetensors', 'b.gguf'],
  ],
  ['JSON', '{ "weights": "out/model.kolmo.onnx", "n": 3 }', ['out/model.kolmo.onnx']],
  ['upper case', 'x = "NET.ONNX"', ['NET.ONNX']],
  ['a TensorFlow.js model', 'tf.loadLayersModel("web/model.json")', ['web/model.json']],
  ['a quote inside of the other quotes', `x = "it's a.npz"`, ["it's a.npz"]],
  ['Keras', `load_model("a.keras"); w = 'b.weights.h5'`, ['a.keras', 'b.weights.h5']],
  ['an address', 'fetch("https://example.org/net.onnx")', []],
  ['a placeholder', 'load(f"runs/{name}.onnx") + load(`${x}.onnx`)', []],
  ['a glob', 'glob("*.onnx")', []],
  ['an ending alone', 'path.endswith(".onnx")', []],
  ['other files', 'open("notes.txt")', []],
  ['text without quotes', 'see net.onnx', []],
];

describe('findModelPaths', () => {
  for (const [what, text, paths] of rows) {
    it(`reads ${what}`, () => {
      assert.deepEqual(
        findModelPaths(text).map(({ path }) => path),
        paths,
      );
    });
  }

  it('says where the path stands', () => {
    const text = 'import x\r\n\r\nload("a/net.onnx")\r\n';
    assert.deepEqual(findModelPaths(text), [{ line: 2, start: 6, end: 16, path: 'a/net.onnx' }]);
  });

  it('stays quick on minified and generated files', () => {
    const minified = '"a.onnx",'.repeat(200_000);
    assert.deepEqual(findModelPaths(minified), []);
    assert.equal(findModelPaths('"a.onnx"\n'.repeat(5000)).length, 500);
    assert.deepEqual(findModelPaths('"\\'.repeat(900)), []);
  });
});
