/** `kolmo analyse RUN` */
import { resolve } from 'node:path';
import { mappedPasses, passDescriptions, type MappedPass } from '../core/compress/descriptions';
import { lossText } from '../report/analysis';
import type { AnalyseSummary } from '../jobs/analyse';
import type { AnalyseRequest } from '../runs/runRequests';
import type { Finding } from '../runs/events';
import { isRun } from '../runs/folder';
import { isWithin, rangeText } from '../runs/range';
import { formatCount } from '../core/count';
import { UsageError, type Command, type Parsed } from './command';
import { runJob } from './runJob';
import { textTable } from './table';

export const analyse: Command = {
  usage: 'analyse RUN',
  summary:
    'Predicts what each pass would make of a run, without running it; or maps its layers, or codes its labels.',
  operands: ['RUN'],
  flags: {
    sensitivity: {
      type: 'text',
      description: 'Map what each layer alone saves and costs under this pass.',
      values: [...mappedPasses],
    },
    settings: {
      type: 'number',
      several: true,
      description: 'Settings of the map.',
      default: "the pass's ladder",
    },
    prequential: {
      type: 'switch',
      description: 'Code the labels block by block, by models trained on the blocks before.',
    },
  },
  run({ operands: [subject], given, threads, ...parsed }) {
    const run = resolve(subject);
    if (!isRun(run)) {
      throw new UsageError(`${subject} is not a run: choose a folder below .kolmo/runs.`);
    }
    const request: AnalyseRequest = { type: 'analyse', run, analysis: analysisOf(given), threads };
    return runJob(request, parsed);
  },
  print(result) {
    const { findings } = result as AnalyseSummary;
    const [first] = findings;
    if (!first) return 'Nothing was found.\n';
    return textTable(heads[first.type], findings.flatMap(rowsOf));
  },
};

function analysisOf(given: Parsed['given']): AnalyseRequest['analysis'] {
  const pass = given.get('sensitivity') as MappedPass | undefined;
  const settings = given.get('settings') as number[] | undefined;
  if (given.has('prequential')) {
    if (pass || settings) throw new UsageError('--prequential goes without the flags of the map.');
    return { name: 'prequential' };
  }
  if (!pass) {
    if (settings) throw new UsageError('--settings goes with --sensitivity.');
    return { name: 'dryRun' };
  }
  const { setting } = passDescriptions[pass];
  const wrong = settings?.find((value) => !isWithin(value, setting));
  if (wrong !== undefined) {
    throw new UsageError(`--settings of ${pass} is ${rangeText(setting)}, not ${wrong}.`);
  }
  return { name: 'sensitivity', pass, ...(settings && { settings }) };
}

const heads: Record<Finding['type'], string[]> = {
  dryRun: ['pass', 'setting', 'bytes', 'note'],
  sensitivity: ['layer', 'setting', 'bytes saved', 'accuracy lost'],
  prequential: ['labels', 'bytes'],
};

function rowsOf(finding: Finding): string[][] {
  switch (finding.type) {
    case 'dryRun':
      return finding.rungs.map((rung) => [
        passDescriptions[finding.pass].title,
        String(rung.setting),
        'bytes' in rung ? formatCount(rung.bytes) : '',
        'bytes' in rung ? '' : rung.problem,
      ]);
    case 'sensitivity': {
      const { parameter, setting, bytesSaved, validation, baseline } = finding.cell;
      return [
        [parameter, String(setting), formatCount(bytesSaved), lossText(validation, baseline)],
      ];
    }
    case 'prequential':
      return [[formatCount(finding.coded), formatCount(finding.bytes)]];
    default:
      return finding satisfies never;
  }
}
