/** The contract of a chart: one module in `charts/`, drawn from the whole state at most once a frame. */
import type { PassName, PassOptions } from '../src/core/compress/pass';
import type { AnalyseRequest } from '../src/runs/runRequests';
import type { RunTitle } from '../src/views/panelMessages';
import type { RunState } from '../src/runs/state';
import type { StageName } from '../src/runs/events';

export interface Chart {
  element: HTMLElement;
  /** Draws the state; called while the chart can be seen, and again when its size or the theme changes. */
  draw(state: RunState, title: RunTitle, trusted: boolean): void;
  /** The theme changed: forget colours that were read from it. */
  restyle?(): void;
}

/** What a chart may ask of the panel. */
export interface ChartWishes {
  open(stage: StageName): void;
  /** Run the program of this run again. */
  verify(): void;
  analyse(analysis: AnalyseRequest['analysis']): void;
  /** Runs a pass with its one number and the options that are not as usual. */
  runPass(pass: PassName, value: number, options: PassOptions): void;
  stop(): void;
}

/** Value of a theme variable, for what draws outside of CSS. */
export function themeColor(variable: string, fallback: string): string {
  return getComputedStyle(document.body).getPropertyValue(variable).trim() || fallback;
}
