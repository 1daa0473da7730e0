/** The program of a file, or of what it is restated as, under one model. */
import type { Analysis } from './analyse';
import type { ProgramEvent } from './contract';
import { runModel } from './encode';
import { predictorProgram, type Generated } from './generate';
import type { Model } from './model/evaluate';
import type { View } from './view';

export interface Predicted<Kind extends Model = Model> extends Generated {
  view: View;
  analysis: Analysis;
  model: Kind;
  /** Bits that each byte of the view costs. */
  costs: Float32Array;
  /** Bytes of the program that are a network's weights. */
  networkBytes: number;
}

export interface Form {
  ascii: boolean;
  /** Source of a function of what was packed that gives the file, where a view is one of that. */
  pack?: string;
}

/** Codes the text of a view, and puts the decoder of the model around what that leaves, and what brings the file back. */
export async function* predict<Kind extends Model>(
  model: Kind,
  view: View,
  analysis: Analysis,
  { ascii, pack }: Form,
): AsyncGenerator<ProgramEvent, Predicted<Kind>> {
  const { text, restore } = view;
  const { payload, costs, networkBits = 0 } = yield* runModel(model, text);
  const then = restore && pack ? `b=>(${pack})((${restore})(b))` : (pack ?? restore);
  const written = await predictorProgram(model, payload, text.length, { ascii, then });
  return { ...written, view, analysis, model, costs, networkBytes: Math.round(networkBits / 8) };
}
