/** What llama.cpp calls the tensors of a transformer, by what its model calls them (gguf-py's tensor_mapping.py lists both). */

/** Of a block, without its number. What follows attention is told twice: models differ in what it normalizes. */
const inBlock: Record<string, string[]> = {
  attn_norm: ['input_layernorm', 'ln_1', 'ln1', 'norm_1'],
  attn_q: ['self_attn.q_proj', 'attn.q_proj', 'attention.wq', 'attention.self.query'],
  attn_k: ['self_attn.k_proj', 'attn.k_proj', 'attention.wk', 'attention.self.key'],
  attn_v: ['self_attn.v_proj', 'attn.v_proj', 'attention.wv', 'attention.self.value'],
  attn_qkv: [
    'self_attn.qkv_proj',
    'attn.c_attn',
    'attn.Wqkv',
    'self_attention.query_key_value',
    'attention.query_key_value',
    'mixer.Wqkv',
  ],
  attn_q_norm: ['self_attn.q_norm', 'self_attn.q_layernorm'],
  attn_k_norm: ['self_attn.k_norm', 'self_attn.k_layernorm'],
  attn_output: [
    'self_attn.o_proj',
    'self_attn.out_proj',
    'self_attn.dense',
    'attn.c_proj',
    'attn.out_proj',
    'attention.wo',
    'attention.dense',
    'self_attention.dense',
    'attention.output.dense',
    'mixer.out_proj',
  ],
  attn_output_norm: ['attention.output.LayerNorm'],
  post_attention_norm: ['post_attention_layernorm'],
  ffn_norm: [
    'pre_feedforward_layernorm',
    'post_attention_layernorm',
    'ffn_norm',
    'ln_2',
    'ln2',
    'norm_2',
  ],
  post_ffw_norm: ['post_feedforward_layernorm'],
  layer_output_norm: ['output.LayerNorm'],
  ffn_gate: ['mlp.gate_proj', 'feed_forward.w1'],
  ffn_up: [
    'mlp.up_proj',
    'mlp.gate_up_proj',
    'mlp.c_fc',
    'mlp.fc1',
    'mlp.fc_in',
    'mlp.dense_h_to_4h',
    'ffn.up_proj',
    'feed_forward.w3',
    'intermediate.dense',
  ],
  ffn_down: [
    'mlp.down_proj',
    'mlp.c_proj',
    'mlp.fc2',
    'mlp.fc_out',
    'mlp.dense_4h_to_h',
    'ffn.down_proj',
    'feed_forward.w2',
    'output.dense',
  ],
  ffn_gate_inp: ['block_sparse_moe.gate', 'mlp.gate', 'mlp.router'],
  ffn_gate_exps: ['mlp.experts.gate_proj', 'block_sparse_moe.experts.w1'],
  ffn_up_exps: ['mlp.experts.up_proj', 'block_sparse_moe.experts.w3'],
  ffn_down_exps: ['mlp.experts.down_proj', 'block_sparse_moe.experts.w2'],
  ffn_gate_shexp: ['mlp.shared_expert.gate_proj', 'mlp.shared_experts.gate_proj'],
  ffn_up_shexp: ['mlp.shared_expert.up_proj', 'mlp.shared_experts.up_proj'],
  ffn_down_shexp: ['mlp.shared_expert.down_proj', 'mlp.shared_experts.down_proj'],
  ffn_gate_inp_shexp: ['mlp.shared_expert_gate'],
};

/** Of the model around its blocks. */
const around: Record<string, string[]> = {
  token_embd: ['embed_tokens', 'wte', 'word_embeddings', 'tok_embeddings', 'embed_in'],
  token_embd_norm: ['embeddings.LayerNorm', 'word_embeddings_layernorm'],
  token_types: ['token_type_embeddings'],
  position_embd: ['wpe', 'position_embeddings', 'embed_positions'],
  output_norm: ['norm', 'ln_f', 'norm_f', 'final_layernorm', 'final_layer_norm'],
  output: ['lm_head', 'embed_out'],
};

/** Names that say that a file is one of llama.cpp's. */
export const isGgufName = (name: string): boolean =>
  /^(blk\.\d+|token_embd|output_norm)\./.test(name);

/**
 * What llama.cpp may call the tensor, likeliest first: of `model.layers.0.mlp.up_proj.weight` it is `blk.0.ffn_up.weight`. None
 * for names that are not known, and for those of what sees or hears, which llama.cpp keeps in another file.
 */
export function ggufNamesOf(name: string): string[] {
  if (/vision|visual|audio/.test(name)) return [];
  const [, number, inner, kind] =
    /(?:^|\.)(?:layers?|h|blocks)\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (inner !== undefined) {
    return namesFor(inBlock, (part) => part === inner).map(
      (called) => `blk.${number}.${called}.${kind}`,
    );
  }
  const [, whole, ending] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (whole === undefined) return [];
  const isAt = (part: string): boolean => whole === part || whole.endsWith(`.${part}`);
  return namesFor(around, isAt).map((called) => `${called}.${ending}`);
}

const namesFor = (table: Record<string, string[]>, isNamed: (part: string) => boolean): string[] =>
  Object.keys(table).filter((called) => table[called].some(isNamed));

/** Whether llama.cpp adds 1 to it, of some models: Gemma's normalization multiplies with one more than its weights. */
export const isNorm = (name: string): boolean => /norm\.weight$/.test(name);

/** Whether llama.cpp puts the rows of each head of it into another order, of some models: those that rotary embeddings turn. */
export const isRotated = (name: string): boolean => /\.attn_[qk]\.(weight|bias)$/.test(name);
