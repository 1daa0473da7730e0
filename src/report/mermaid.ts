/** The pipeline as mermaid text: each stage with its bytes and its accuracy, grey where it has not run. */
import { stageNames, type StageName } from '../runs/events';
import type { RunState } from '../runs/state';
import { formatAmount, formatPercent, formatShortBytes } from '../runs/units';

export const stageTitles: Record<StageName, string> = {
  collect: 'Collect',
  preprocess: 'Preprocess',
  train: 'Train',
  prune: 'Prune',
  pruneNeurons: 'Prune neurons',
  distil: 'Distil',
  factorise: 'Factorise',
  quantize: 'Quantize',
  share: 'Share',
  entropyTrain: 'Train for fewer bytes',
  entropyCode: 'Entropy code',
  program: 'Program',
};

export interface DiagramOptions {
  direction?: 'LR' | 'TB';
  /** Where a click on a finished stage leads; no link where it gives nothing. */
  link?: (stage: StageName, artifact: string) => string | undefined;
  /** Mermaid's `classDef` lines for pending stages and for each status of one. Default: for a light page. */
  looks?: string[];
}

const lightLooks = [
  '  classDef pending fill:#f4f4f4,stroke:#a0a0a0,color:#666666,stroke-dasharray:4 3',
  '  classDef running fill:#e8f1fb,stroke:#1a6fc4,color:#1f1f1f,stroke-width:3px',
  '  classDef finished fill:#eaf5ea,stroke:#2f8132,color:#1f1f1f',
  '  classDef stopped fill:#fdf5e0,stroke:#8a6d00,color:#1f1f1f,stroke-width:3px',
  '  classDef interrupted fill:#fdf5e0,stroke:#8a6d00,color:#1f1f1f,stroke-width:3px',
  '  classDef failed fill:#fbe9e9,stroke:#c62828,color:#1f1f1f,stroke-width:3px',
];

/**
 * A mermaid flowchart of a run.
 * Stages that made the current model stand in the order in which they were applied, the others where the pipeline has them.
 */
export function pipelineDiagram(
  state: RunState,
  { direction = 'LR', link = (_, artifact) => artifact, looks = lightLooks }: DiagramOptions = {},
): string {
  const order = stageOrder(state);
  const label = (name: StageName): string => linesOf(name, state).map(escapeLabel).join('<br/>');
  const look = (name: StageName): string => state.stages[name]?.status ?? 'pending';
  const clicks = order.flatMap((name) => {
    const artifact = state.stages[name]?.result?.artifact;
    const target = artifact && link(name, artifact);
    return target ? [`  click ${name} href "${escapeLink(target)}"`] : [];
  });
  return [
    `flowchart ${direction}`,
    ...order.map((name) => `  ${name}["${label(name)}"]:::${look(name)}`),
    `  ${order.join(' --> ')}`,
    ...clicks,
    ...looks,
  ].join('\n');
}

/** Passes that few runs take: drawn once they have run, so that the diagram stays readable. */
const occasional = new Set<StageName>(['pruneNeurons', 'distil', 'factorise', 'entropyTrain']);

/** All stages: those of the chain in its order, the others at the place that the pipeline gives them. */
export function stageOrder(state: RunState): StageName[] {
  return stageNames.reduce<StageName[]>((order, name) => {
    if (order.includes(name) || (occasional.has(name) && !state.stages[name])) return order;
    const next = order.findIndex((each) => stageNames.indexOf(each) > stageNames.indexOf(name));
    return next < 0 ? [...order, name] : order.toSpliced(next, 0, name);
  }, state.chain);
}

/** What is said of a stage in a few short lines: its name, its bytes, how good it is. */
export function linesOf(name: StageName, state: RunState): string[] {
  const stage = state.stages[name];
  if (!stage) return [stageTitles[name], 'not run'];
  if (stage.status !== 'finished' || !stage.result) return [stageTitles[name], stage.status];
  const { bytes, test } = stage.result;
  const lines = [stageTitles[name], formatShortBytes(bytes)];
  if (test?.error !== undefined) return [...lines, `error ${formatPercent(test.error)}`];
  if (test?.rmse !== undefined) return [...lines, `RMSE ${formatAmount(test.rmse)}`];
  return lines;
}

/** A label is quoted text in which mermaid reads entities: what could end it or start a tag is written as one. */
function escapeLabel(text: string): string {
  return text.replace(/[&<>"#;`\\]/g, (sign) => `#${sign.charCodeAt(0)};`).replace(/\s+/g, ' ');
}

/** A link is quoted too; a path is escaped as the part of a URL that it is. */
function escapeLink(target: string): string {
  return target.replaceAll('\\', '/').replace(/[^\w./:~-]/gu, encodeURIComponent);
}
