/** A run's events as lines of a log, for terminals. */
import type { StampedEvent } from '../runs/events';
import { formatBytes, formatSeconds, metricText } from '../runs/units';
import { stageTitles } from './mermaid';

/** What stays on the screen of an event. How it all ended is told by the command itself. */
export function eventLine(event: StampedEvent): string | undefined {
  switch (event.type) {
    case 'stageFinished': {
      const { bytes, seconds, test } = event.result;
      const quality = test ? `, test ${metricText(test)}` : '';
      return `${stageTitles[event.stage]}: ${formatBytes(bytes)}${quality}, ${formatSeconds(seconds)}`;
    }
    case 'warning':
      return event.message;
    case 'analysing':
    case 'analysed':
    case 'found':
    case 'stageStarted':
    case 'progress':
    case 'point':
    case 'samples':
    case 'verified':
    case 'stopped':
    case 'failed':
    case 'interrupted':
    case 'finished':
      return undefined;
    default:
      return event satisfies never;
  }
}
