import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { interleaveHalves, layoutsBetween, turn } from '../../../src/core/compare/layouts';
import { matchByName } from '../../../src/core/compare/match';

const named = (names: string[], shape = [2, 3]) => names.map((name) => ({ name, shape }));

function matched(as: string[], bs: string[]) {
  const { pairs, onlyInA, onlyInB } = matchByName(named(as), named(bs));
  return {
    pairs: pairs.map(({ a, b }) => `${a.name} = ${b.name}`),
    alone: [...onlyInA, ...onlyInB].map(({ name }) => name),
  };
}

describe('names', () => {
  it('are matched where one file has a prefix more', () => {
    assert.deepEqual(matched(['module.fc.weight', 'module.fc.bias'], ['fc.weight', 'fc.bias']), {
      pairs: ['module.fc.weight = fc.weight', 'module.fc.bias = fc.bias'],
      alone: [],
    });
    assert.deepEqual(matched(['fc.weight'], ['model.encoder.fc.weight']).alone, []);
  });

  it('are not matched where two prefixes are as likely', () => {
    assert.deepEqual(matched(['one.weight', 'two.weight'], ['weight']).pairs, []);
  });

  it('are not matched where only their ends are alike', () => {
    assert.deepEqual(matched(['conv.weight'], ['dense.weight']).pairs, []);
  });

  it('are matched by the prefix that fits most, and the others stay alone', () => {
    assert.deepEqual(matched(['m.a.w', 'm.b.w', 'n.a.w'], ['a.w', 'b.w']), {
      pairs: ['m.a.w = a.w', 'm.b.w = b.w'],
      alone: ['n.a.w'],
    });
  });

  it('of TensorFlow lose the number of their output', () => {
    assert.deepEqual(matched(['dense/kernel:0'], ['dense/kernel']).alone, []);
  });

  it('that are alike are not matched where shapes are not', () => {
    const { pairs } = matchByName(named(['module.w'], [2, 3]), named(['w'], [4]));
    assert.deepEqual(pairs, []);
  });

  it('are matched by a prefix though many others come before it', () => {
    const rare = Array.from({ length: 100 }, (_, i) => `x${i}.w`);
    assert.deepEqual(matched([...rare, 'module.a', 'module.b'], ['a', 'b']).pairs, [
      'module.a = a',
      'module.b = b',
    ]);
  });

  it('that are there twice are matched where shapes fit before all others', () => {
    const as = [...named(['w'], [2]), ...named(['w'], [3])];
    const bs = [...named(['w'], [3]), ...named(['w'], [5])];
    const shapes = matchByName(as, bs).pairs.map(({ a, b }) => [a.shape, b.shape]);
    assert.deepEqual(shapes, [
      [[3], [3]],
      [[2], [5]],
    ]);
  });

  it('that are there twice are matched in order', () => {
    assert.deepEqual(matched(['w', 'w'], ['w', 'w', 'w']).alone, ['w']);
  });
});

describe('names of llama.cpp', () => {
  const llama = [
    ['model.embed_tokens.weight', 'token_embd.weight'],
    ['model.layers.11.input_layernorm.weight', 'blk.11.attn_norm.weight'],
    ['model.layers.11.self_attn.q_proj.weight', 'blk.11.attn_q.weight'],
    ['model.layers.11.self_attn.q_proj.bias', 'blk.11.attn_q.bias'],
    ['model.layers.11.self_attn.o_proj.weight', 'blk.11.attn_output.weight'],
    ['model.layers.11.mlp.down_proj.weight', 'blk.11.ffn_down.weight'],
    ['model.layers.11.post_attention_layernorm.weight', 'blk.11.ffn_norm.weight'],
    ['model.norm.weight', 'output_norm.weight'],
    ['lm_head.weight', 'output.weight'],
  ];
  const inOrder = (as: string[], bs: string[]) => matched(as, bs).pairs.sort();
  const sides = (pairs: string[][]) => [0, 1].map((side) => pairs.map((pair) => pair[side]));

  it('are those of a model’s tensors, whichever file has them', () => {
    const [hub, gguf] = sides(llama);
    assert.deepEqual(inOrder(hub, gguf), llama.map(([one, other]) => `${one} = ${other}`).sort());
    assert.deepEqual(inOrder(gguf, hub), llama.map(([one, other]) => `${other} = ${one}`).sort());
    assert.ok(matchByName(named(hub), named(gguf)).pairs.every(({ by }) => by === 'gguf'));
  });

  it('are those of older models, and of what normalizes on both sides', () => {
    for (const pairs of [
      [
        ['transformer.wte.weight', 'token_embd.weight'],
        ['transformer.h.0.attn.c_attn.bias', 'blk.0.attn_qkv.bias'],
        ['transformer.h.0.ln_2.weight', 'blk.0.ffn_norm.weight'],
      ],
      [
        ['embeddings.LayerNorm.weight', 'token_embd_norm.weight'],
        ['encoder.layer.3.attention.output.dense.weight', 'blk.3.attn_output.weight'],
        ['encoder.layer.3.output.dense.weight', 'blk.3.ffn_down.weight'],
      ],
      [
        ['model.layers.2.mlp.experts.gate_proj.weight', 'blk.2.ffn_gate_exps.weight'],
        ['model.layers.2.block_sparse_moe.experts.w2.weight', 'blk.2.ffn_down_exps.weight'],
        ['model.layers.2.mlp.shared_experts.up_proj.weight', 'blk.2.ffn_up_shexp.weight'],
        ['model.layers.2.mlp.shared_expert_gate.weight', 'blk.2.ffn_gate_inp_shexp.weight'],
      ],
      [
        ['model.layers.0.post_attention_layernorm.weight', 'blk.0.post_attention_norm.weight'],
        ['model.layers.0.pre_feedforward_layernorm.weight', 'blk.0.ffn_norm.weight'],
        ['model.layers.0.post_feedforward_layernorm.weight', 'blk.0.post_ffw_norm.weight'],
      ],
    ]) {
      const [hub, gguf] = sides(pairs);
      assert.deepEqual(inOrder(hub, gguf), pairs.map(([one, other]) => `${one} = ${other}`).sort());
    }
  });

  it('are not those of what sees, nor of two models of one kind', () => {
    const tower = 'vision_tower.layers.0.self_attn.q_proj.weight';
    assert.deepEqual(matched([tower], ['blk.0.attn_q.weight']).pairs, []);
    const { pairs } = matchByName(
      named(['h.0.ln_1.weight']),
      named(['model.layers.0.input_layernorm.weight']),
    );
    assert.deepEqual(pairs, []);
  });
});

describe('heads', () => {
  it('are interleaved by halves as llama.cpp does, and back', () => {
    // Two heads of four rows, of one column: 0 1 | 2 3 becomes 0 2 1 3.
    const rows = Float64Array.from({ length: 8 }, (_, i) => i);
    const stored = interleaveHalves(rows, [8, 1], 4, false);
    assert.deepEqual([...stored], [0, 2, 1, 3, 4, 6, 5, 7]);
    assert.deepEqual(interleaveHalves(stored, [8, 1], 4, true), rows);
    const long = Float64Array.from({ length: 48 }, (_, i) => i);
    const back = interleaveHalves(interleaveHalves(long, [16, 3], 8, false), [16, 3], 8, true);
    assert.deepEqual(back, long);
  });
});

describe('layouts', () => {
  it('are those of frameworks, of the shapes at hand', () => {
    assert.deepEqual(layoutsBetween([3, 4], [4, 3]), [[1, 0]]);
    assert.deepEqual(layoutsBetween([5, 3, 2, 8], [8, 2, 5, 3]), [[3, 2, 0, 1]]);
    assert.deepEqual(layoutsBetween([3, 4], [2, 6]), []);
    // Depthwise weights of Keras and of PyTorch.
    assert.deepEqual(layoutsBetween([5, 3, 8, 1], [8, 1, 5, 3]), [[2, 3, 0, 1]]);
  });

  it('are none where values stay in their order', () => {
    assert.deepEqual(layoutsBetween([1, 4], [4, 1]), []);
  });

  it('are turned as numpy.transpose does', () => {
    const values = Float64Array.from({ length: 24 }, (_, i) => i);
    assert.deepEqual(
      Array.from(turn(values, [2, 3, 4], [2, 0, 1])),
      [0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23],
    );
  });
});
