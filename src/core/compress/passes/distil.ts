/** Distillation: a narrower student learns the trained teacher's probabilities beside the labels (Hinton et al. 2015). */
import { KolmoError } from '../../error';
import { lessonsOf, lessonsObjective } from '../../train/lessons';
import type { Model } from '../../train/model';
import type { PassContext, PassEvent } from '../pass';
import { removeNeurons } from './pruneNeurons';
import { refine } from './refine';

export interface DistilOptions {
  /** Share of the neurons of each hidden layer that the student has. */
  width: number;
  /** Logits are divided by this before the teacher's and the student's softmax are compared. */
  temperature: number;
  /** Share of the loss that the teacher makes up; the labels make up the rest. */
  softShare: number;
  epochs: number;
  learningRate: number;
}

/**
 * A student of the model, trained on the classes and on what the model says of them.
 * @throws KolmoError without a dataset
 */
export async function* distil(
  model: Model,
  settings: DistilOptions,
  context: PassContext,
): AsyncGenerator<PassEvent, Model> {
  const { dataset } = context;
  if (!dataset) {
    throw new KolmoError(
      'A student learns from what its teacher says about training data, and there is none: compress a run instead of a model file, or prune neurons.',
    );
  }
  if (model.architecture.task !== 'classification') {
    throw new KolmoError(
      `Distilling compares probabilities of classes, and this model is for ${model.architecture.task}: prune neurons instead.`,
    );
  }
  const student = studentOf(model, settings.width);
  yield { type: 'progress', done: 0, total: settings.epochs, note: 'Asking the teacher' };
  const lessons = await lessonsOf(model, dataset, context.threads);
  return yield* refine(
    student,
    { ...context, dataset: lessons },
    {
      epochs: settings.epochs,
      learningRate: settings.learningRate,
      before: 0,
      total: settings.epochs,
      note: `Student of ${Math.round(settings.width * 100)} % of the width`,
      objective: lessonsObjective(dataset, settings),
    },
  );
}

/** The student before it has learned anything: the teacher's strongest neurons, which are a better start than chance. */
export const studentOf = (model: Model, width: number): Model => removeNeurons(model, 1 - width);
