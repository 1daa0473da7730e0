/** What a describe request does: looks at a dataset for the questions before training. */
import {
  describeDataset,
  type ColumnDescription,
  type DatasetDescription as Described,
} from '../core/data/collect';
import { isClassification, sampleRows } from '../core/data/columns';
import { KolmoError } from '../core/error';
import { fittingArchitectures } from '../core/train/architectures/architectures';
import type { DatasetShape } from '../core/train/architectures/architecture';
import { formatCount } from '../core/count';
import { formatShape } from '../runs/units';
import type { DatasetDescription, DescribeRequest } from './protocol';
import { findTfjsNode } from './tfjsNode';

/** Throws a KolmoError where nothing could be trained on the dataset, whatever the answers, with the reason. */
export async function describe({
  dataset,
  engine,
  modules = [],
}: DescribeRequest): Promise<DatasetDescription> {
  if (engine === 'tfjs-node') findTfjsNode(modules);
  const described = await describeDataset(dataset);
  if (described.problem !== undefined) throw new KolmoError(described.problem);
  const targets = targetsOf(described);
  return {
    summary: summaryOf(described),
    targets,
    architectures: fittingArchitectures(shapeOf(described, targets[0]?.task)).map(
      ({ name, description }) => ({ name, detail: description }),
    ),
  };
}

function targetsOf({ targets = [], columns = [], rows }: Described): DatasetDescription['targets'] {
  const looked = Math.min(rows, sampleRows);
  return targets.flatMap((name) => {
    const column = columns.find((each) => each.name === name);
    if (!column) return [];
    const task = isClassification(column, looked) ? 'classification' : 'regression';
    return [{ name, task, detail: detailOf(column, task) }];
  });
}

function detailOf(column: ColumnDescription, task: 'classification' | 'regression'): string {
  const what = task === 'classification' ? `${column.distinct} classes` : `a number`;
  return column.missing > 0 ? `${what}, ${formatCount(column.missing)} missing` : what;
}

function summaryOf({
  kind,
  rows,
  rowsAreEstimated,
  inputShape = [],
  columns = [],
  classes = 0,
}: Described): string {
  const count = `${rowsAreEstimated ? 'about ' : ''}${formatCount(rows)}`;
  switch (kind) {
    case 'table': {
      const constant = columns.filter(({ distinct }) => distinct < 2).map(({ name }) => name);
      const left = constant.length > 0 ? `, no two values in ${constant.join(', ')}` : '';
      return `${columns.length} columns, ${count} rows${left}`;
    }
    case 'idx':
      return `${count} images of ${formatShape(inputShape.slice(0, 2))}`;
    case 'imageFolder': {
      const sorted = classes > 0 ? `in ${formatCount(classes)} classes` : 'without classes';
      return `${count} images of ${formatShape([inputShape[1], inputShape[0]])} ${sorted}`;
    }
    case 'symbols':
      return `its bytes as a sequence, in ${count} pieces of ${formatCount(inputShape[0])}`;
    default:
      return kind satisfies never;
  }
}

/** What can be said of the shape before collecting: which architectures fit does not depend on the widths. */
function shapeOf(
  { kind, inputShape, classes }: Described,
  task: 'classification' | 'regression' = 'classification',
): DatasetShape {
  const width = kind === 'table' ? [1] : (inputShape ?? [1]);
  const common = { inputShape: width, targetSize: 1 };
  // How many of the 256 bytes occur is counted when they are collected.
  if (kind === 'symbols') return { ...common, task: { type: 'nextSymbol', symbols: 256 } };
  if (classes === 0) return { ...common, task: { type: 'generation' } };
  return task === 'classification'
    ? { ...common, task: { type: 'classification', target: '', classes: [] } }
    : { ...common, task: { type: 'regression', target: '', mean: 0, standardDeviation: 1 } };
}
