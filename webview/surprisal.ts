/**
 * The surprisal of images in the browser: each sample beside the bits that its pixels cost.
 *
 * Hooks for tests (stable): `body[data-kind="surprisal"][data-ready]`, `[data-view=mean] canvas`,
 * `[data-view=samples][data-count]`, in it `figure[data-sample][data-bits]`; `[data-view=order]`.
 */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { FromSurprisalPanel, ToSurprisalPanel } from '../src/views/panelMessages';
import { formatCount } from '../src/core/count';
import { formatBits, formatBytes } from '../src/runs/units';
import { themeColor } from './chart';
import { element } from './element';
import { drawMessages, facts } from './page';

interface Sample {
  name: string;
  /** Place among those that were measured, from 1. */
  number?: number;
  /** Bytes of its pixels, and the bits of each. */
  pixels: Uint8Array;
  costs: Float32Array;
  bits: number;
}

const orders = [
  { name: 'file', title: 'As they come', compare: () => 0 },
  { name: 'dearest', title: 'Dearest first', compare: (a: Sample, b: Sample) => b.bits - a.bits },
  { name: 'cheapest', title: 'Cheapest first', compare: (a: Sample, b: Sample) => a.bits - b.bits },
];

/** More than a person looks through would only slow the page down. */
const shownSamples = 120;

/** A pixel each of whose bytes costs so many bits has the full colour. */
const hottest = 6;

const host = acquireVsCodeApi<{ order?: string }>();
let redraw: (() => void) | undefined;

drawMessages(page);
new MutationObserver(() => redraw?.()).observe(document.body, {
  attributeFilter: ['class', 'data-vscode-theme-id'],
});

function page(all: ToSurprisalPanel): Node[] {
  const { file, width, height, channels, total } = all;
  const samples = samplesOf(all);
  const bits = samples.reduce((sum, sample) => sum + sample.bits, 0);
  const pixels = samples.length * width * height;
  const order = element(
    'vscode-single-select',
    { 'data-view': 'order', 'data-focus': 'order', id: 'order' },
    ...orders.map(({ name, title }) =>
      element(
        'vscode-option',
        { value: name, selected: name === (host.getState()?.order ?? 'file') },
        title,
      ),
    ),
  ) as HTMLElement & { value: string };
  const mean = element('div', { class: 'samples', 'data-view': 'mean' });
  const grid = element('div', { class: 'samples', 'data-view': 'samples' });

  function draw(): void {
    const chosen = orders.find(({ name }) => name === order.value) ?? orders[0];
    const shown = [...samples].sort(chosen.compare).slice(0, shownSamples);
    grid.dataset.count = String(shown.length);
    grid.replaceChildren(...shown.map((sample) => tile(sample, all)));
    mean.replaceChildren(tile(meanOf(samples), all));
  }

  order.addEventListener('change', () => {
    host.setState({ order: order.value });
    draw();
  });
  redraw = draw;
  draw();
  return [
    element('h1', {}, file),
    facts([
      `${formatCount(samples.length)} of ${formatCount(total)} samples of ${width} x ${height}`,
      `${(bits / Math.max(1, pixels)).toFixed(3)} bits a pixel`,
      `${formatBytes(Math.ceil(bits / 8))} of surprise in ${formatBytes(pixels * channels)}`,
    ]),
    element(
      'p',
      { class: 'hint' },
      `Left the sample, right the bits of each pixel: nothing where the pixel followed from those before it, full colour from ${hottest * channels} bits.`,
    ),
    mean,
    element('label', { class: 'row', for: 'order' }, 'Samples', order),
    grid,
  ];
}

function samplesOf({ width, height, channels, pixels, costs, names }: ToSurprisalPanel): Sample[] {
  const size = width * height * channels;
  return Array.from({ length: costs.length / size }, (_, i) => {
    const own = costs.subarray(i * size, (i + 1) * size);
    return {
      name: names?.[i] ?? `Sample ${i + 1}`,
      number: i + 1,
      pixels: pixels.subarray(i * size, (i + 1) * size),
      costs: own,
      bits: own.reduce((sum, cost) => sum + cost, 0),
    };
  });
}

function meanOf(samples: Sample[]): Sample {
  const mean = (values: (sample: Sample) => ArrayLike<number>): Float32Array =>
    Float32Array.from(
      values(samples[0]),
      (_, i) => samples.reduce((sum, sample) => sum + values(sample)[i], 0) / samples.length,
    );
  const costs = mean((sample) => sample.costs);
  return {
    name: `Mean of ${formatCount(samples.length)}`,
    pixels: Uint8Array.from(mean((sample) => sample.pixels)),
    costs,
    bits: costs.reduce((sum, cost) => sum + cost, 0),
  };
}

function tile(
  { name, number, pixels, costs, bits }: Sample,
  { width, height, channels }: ToSurprisalPanel,
): HTMLElement {
  const [r, g, b] = rgb(themeColor('--vscode-charts-red', '#f14c4c'));
  const words = formatBits(bits);
  /** Of the pixel at `i`, which may be of three bytes or of one. */
  const level = (i: number, channel: number): number =>
    pixels[i * channels + Math.min(channel, channels - 1)];
  const heat = (i: number): number => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += costs[i * channels + channel];
    return Math.min(255, (sum / channels / hottest) * 255);
  };
  return element(
    'figure',
    { class: 'sample', 'data-bits': Math.round(bits), 'data-sample': number },
    canvas({ width, height }, `${name}, its pixels`, (i) => [
      level(i, 0),
      level(i, 1),
      level(i, 2),
      255,
    ]),
    canvas({ width, height }, `${name}, ${words} by pixel`, (i) => [r, g, b, heat(i)]),
    element('figcaption', {}, `${name}: ${words.replace(' ', '\u00a0')}`),
  );
}

function canvas(
  { width, height }: { width: number; height: number },
  label: string,
  colour: (pixel: number) => [number, number, number, number],
): HTMLCanvasElement {
  const made = element('canvas', { width, height, role: 'img', 'aria-label': label });
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set(colour(i), 4 * i);
  made.getContext('2d')!.putImageData(image, 0, 0);
  return made;
}

/** A theme's colour, in whatever way it is written, as its three parts. */
function rgb(colour: string): [number, number, number] {
  const context = element('canvas', { width: 1, height: 1 }).getContext('2d')!;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

host.postMessage({ type: 'ready' } satisfies FromSurprisalPanel);
