/** The pipeline as a mermaid diagram: colour tells a stage's state, a click opens its artifact. */
import { linesOf, pipelineDiagram } from '../../src/report/mermaid';
import { stageNames } from '../../src/runs/events';
import type { RunState } from '../../src/runs/state';
import { themeColor, type Chart, type ChartWishes } from '../chart';
import { element } from '../element';

export function createPipeline(wishes: ChartWishes): Chart {
  const diagram = element('div', { class: 'diagram' });
  const status = element('p', { class: 'empty' }, 'Drawing the pipeline…');
  const hint = element(
    'p',
    { class: 'hint' },
    'A dashed stage has not run yet. Click a finished stage, or focus it and press Enter, to open its artifact.',
  );
  const root = element('section', { 'data-view': 'pipeline' }, status, diagram, hint);
  let drawn = '';
  let drawing = false;
  let next: RunState | undefined;

  function draw(state: RunState): void {
    next = state;
    if (!drawing) void redraw();
  }

  async function redraw(): Promise<void> {
    drawing = true;
    try {
      while (next) {
        const state = next;
        next = undefined;
        const text = pipelineText(state) + themeKey();
        if (text === drawn) continue;
        // 3 MB of code that only this tab needs.
        const { default: mermaid } = await import('mermaid');
        mermaid.initialize({
          startOnLoad: false,
          securityLevel: 'strict',
          htmlLabels: false,
          flowchart: {
            htmlLabels: false,
            curve: 'linear',
            useMaxWidth: true,
            padding: 8,
            rankSpacing: 24,
            nodeSpacing: 16,
          },
          theme: 'base',
          fontFamily: themeColor('--vscode-font-family', 'sans-serif'),
          themeVariables: {
            fontSize: '13px',
            lineColor: themeColor('--vscode-descriptionForeground', '#888'),
            primaryColor: themeColor('--vscode-editorWidget-background', '#8882'),
            primaryTextColor: themeColor('--vscode-foreground', '#888'),
          },
        });
        const { svg } = await mermaid.render('pipeline-diagram', pipelineText(state));
        diagram.innerHTML = svg; // mermaid's own output, cleaned by it at securityLevel strict
        enliven(state);
        drawn = text;
        status.hidden = true;
      }
    } catch (error) {
      status.hidden = false;
      status.textContent = `The diagram cannot be drawn: ${String(error)}. The Bytes tab shows the same stages.`;
    } finally {
      drawing = false;
    }
  }

  /** Gives every stage of the picture its hooks, its words and its keyboard. */
  function enliven(state: RunState): void {
    for (const name of stageNames) {
      const node = diagram.querySelector<SVGGElement>(`g.node[id*="flowchart-${name}-"]`);
      if (!node) continue;
      const stage = state.stages[name];
      const artifact = stage?.result?.artifact;
      node.dataset.stage = name;
      node.dataset.status = stage?.status ?? 'pending';
      node.setAttribute('role', artifact ? 'button' : 'img');
      node.setAttribute(
        'aria-label',
        `${linesOf(name, state).join(', ')}${artifact ? `. Opens ${artifact}` : ''}`,
      );
      if (!artifact) continue;
      node.setAttribute('tabindex', '0');
      node.addEventListener('click', () => wishes.open(name));
      node.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        wishes.open(name);
      });
    }
  }

  return {
    element: root,
    draw,
    restyle: () => {
      drawn = '';
    },
  };
}

const themeKey = (): string => document.body.className;

/** Mermaid source in reading order on a wide panel and from top to bottom on a narrow one, in the theme's colours. */
const pipelineText = (state: RunState): string =>
  pipelineDiagram(state, {
    direction: document.body.clientWidth < 760 ? 'TB' : 'LR',
    link: () => undefined, // clicks are heard by `enliven`, which knows the keyboard too
    looks: looks(),
  });

/** State is told by the outline and the words too, since colour alone is not read by everyone. */
function looks(): string[] {
  const text = themeColor('--vscode-foreground', '#888888');
  const quiet = themeColor('--vscode-descriptionForeground', '#717171');
  const fill = themeColor('--vscode-editor-background', '#ffffff');
  const look = (name: string, stroke: string, color: string, more = ''): string =>
    `  classDef ${name} fill:${hex(fill)},stroke:${hex(stroke)},color:${hex(color)},stroke-width:2px${more}`;
  return [
    look('pending', quiet, quiet, ',stroke-dasharray:4 3'),
    look('running', themeColor('--vscode-charts-blue', '#3794ff'), text, ',stroke-width:3px'),
    look('finished', themeColor('--vscode-charts-green', '#388a34'), text),
    look('stopped', themeColor('--vscode-charts-yellow', '#b89500'), text, ',stroke-width:3px'),
    look('interrupted', themeColor('--vscode-charts-yellow', '#b89500'), text, ',stroke-width:3px'),
    look('failed', themeColor('--vscode-errorForeground', '#f14c4c'), text, ',stroke-width:3px'),
  ];
}

/** Mermaid's grammar splits a style at commas, so `rgba(…)` from a theme is written as #rrggbb over the background. */
function hex(color: string): string {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d')!;
  context.fillStyle = themeColor('--vscode-editor-background', '#ffffff');
  context.fillRect(0, 0, 1, 1);
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return `#${[r, g, b].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
