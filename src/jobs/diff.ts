/** What a diff request does: holds two model files against each other, tensor by tensor. */
import { compareModels } from '../core/compare/compare';
import type { Comparison } from '../core/compare/comparison';
import { relay } from '../core/relay';
import type { RunEvent } from '../runs/events';
import { unlessStopped, type JobContext } from './context';
import type { DiffRequest } from './protocol';

export const diffRun = (
  { a, b }: DiffRequest,
  context: JobContext,
): AsyncGenerator<RunEvent, Comparison> =>
  relay(
    compareModels(a, b),
    (event) => ({ ...event, stage: 'collect' as const }),
    unlessStopped(context, 'Stopped before all tensors were compared.'),
  );
