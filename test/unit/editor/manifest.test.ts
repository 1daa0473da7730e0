import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { passDescriptions } from '../../../src/core/compress/descriptions';
import { shadeLimits } from '../../../src/core/program/costs/lines';
import { extensions } from '../../../src/core/formats/formats';
import { seedRange, threadRange } from '../../../src/runs/range';

interface Manifest {
  icon: string;
  contributes: {
    commands: { command: string; title: string; category?: string }[];
    menus: Record<string, { command: string; when?: string }[]>;
    customEditors: { selector: { filenamePattern: string }[] }[];
    configuration: {
      properties: Record<
        string,
        { markdownDescription?: string; minimum?: number; maximum?: number }
      >;
    };
    walkthroughs: { steps: { media: { svg?: string; image?: string } }[] }[];
    viewsContainers: { activitybar: { icon: string }[] };
    colors: { id: string; defaults: Record<keyof typeof editorColors, string> }[];
  };
}

/** What the themes that VS Code comes with say of an editor's letters and its ground. */
const editorColors = {
  light: { foreground: '#3b3b3b', background: '#ffffff' },
  dark: { foreground: '#bbbebf', background: '#1f1f1f' },
  highContrast: { foreground: '#ffffff', background: '#000000' },
  highContrastLight: { foreground: '#292929', background: '#ffffff' },
};

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const { contributes } = manifest;

describe('package.json', () => {
  it('has a command for every pass, titled as in the table', () => {
    for (const { name, title } of Object.values(passDescriptions)) {
      const found = contributes.commands.find(({ command }) => command === `kolmo.${name}`);
      assert.equal(found?.title, title, name);
    }
  });
  it('has the limits of seeds and threads that flags and files have', () => {
    const { 'kolmo.seed': seed, 'kolmo.threads': threads } = contributes.configuration.properties;
    assert.deepEqual({ minimum: seed.minimum, maximum: seed.maximum }, seedRange);
    assert.equal(threads.maximum, threadRange.maximum);
  });
  it('shows every command under Kolmo:', () => {
    for (const { command, title, category } of contributes.commands) {
      assert.ok(category === 'Kolmo' || title.startsWith('Kolmo: '), command);
    }
  });
  it('puts only declared commands into menus', () => {
    const declared = new Set(contributes.commands.map(({ command }) => command));
    for (const { command } of Object.values(contributes.menus).flat()) {
      assert.ok(declared.has(command), command);
    }
  });
  it('offers training and surprisal on image files under both of their usual names', () => {
    for (const command of ['kolmo.train', 'kolmo.surprisal']) {
      const entry = contributes.menus['explorer/context'].find((each) => each.command === command);
      const [, pattern] = /resourceFilename =~ \/(.*?)\/(i|$| )/.exec(entry!.when!)!;
      for (const name of ['train-images-idx3-ubyte', 'train-images.idx3-ubyte']) {
        assert.match(name, new RegExp(pattern), `${command}, ${name}`);
      }
      assert.doesNotMatch('train-labels.idx1-ubyte', new RegExp(pattern), command);
    }
  });
  it('offers surprisal on images that are packed, named otherwise or in folders, too', () => {
    const { when } = contributes.menus['explorer/context'].find(
      ({ command }) => command === 'kolmo.surprisal',
    )!;
    const pattern = new RegExp(/resourceFilename =~ \/(.*?)\/i /.exec(when!)![1]);
    for (const name of ['train-images-idx3-ubyte.gz', 'a.idx', 'a.idx.gz', 'a.idx3.gz', 'a.npy']) {
      assert.match(name, pattern);
    }
    for (const name of ['data.csv.gz', 'train-labels-idx1-ubyte'])
      assert.doesNotMatch(name, pattern);
    assert.match(when!, /\|\| explorerResourceIsFolder && resourcePath in kolmo\.imageFolders$/);
  });
  it('opens every model format in the model editor', () => {
    const patterns = contributes.customEditors.flatMap(({ selector }) =>
      selector.map(({ filenamePattern }) => filenamePattern),
    );
    for (const extension of ['.onnx', '.kolmo', '.safetensors', '.keras', '.h5', '.weights.json']) {
      assert.ok(extensions().includes(extension), `formats lack ${extension}`);
      assert.ok(patterns.includes(`*${extension}`), `editor lacks ${extension}`);
    }
  });
  it('offers inspecting and comparing on files of every model format, and on no folder', () => {
    for (const command of ['kolmo.inspect', 'kolmo.compareModels', 'kolmo.compareModelWith']) {
      const { when } = contributes.menus['explorer/context'].find(
        (each) => each.command === command,
      )!;
      const pattern = new RegExp(/resourceFilename =~ \/(.*)\/i$/.exec(when!)![1], 'i');
      for (const extension of extensions()) assert.match(`a${extension}`, pattern, command);
      for (const name of ['a.json', 'a.bin', 'kolmo']) assert.doesNotMatch(name, pattern, command);
      assert.match(when!, /^!explorerResourceIsFolder && /, command);
    }
  });
  it('describes every setting', () => {
    for (const [name, { markdownDescription }] of Object.entries(
      contributes.configuration.properties,
    )) {
      assert.ok(markdownDescription?.endsWith('.'), name);
    }
  });
  it('leaves letters readable on every shade of surprisal, in every kind of theme', () => {
    const shades = contributes.colors.filter(({ id }) => id.startsWith('kolmo.surprisal'));
    assert.equal(shades.length, shadeLimits.length);
    for (const { id, defaults } of shades) {
      for (const kind of Object.keys(editorColors) as (keyof typeof editorColors)[]) {
        const { foreground, background } = editorColors[kind];
        const ratio = contrast(levels(foreground), laidOver(levels(defaults[kind]), background));
        assert.ok(ratio >= 4.5, `${id} in ${kind}: ${ratio.toFixed(2)}`);
      }
    }
  });
  it('names only pictures that exist', () => {
    const pictures = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...contributes.walkthroughs.flatMap(({ steps }) =>
        steps.map(({ media }) => media.svg ?? media.image ?? ''),
      ),
    ];
    for (const picture of pictures) assert.ok(existsSync(picture), picture);
  });
});

/** `#rrggbb` or `#rrggbbaa` as numbers from 0 to 1. */
const levels = (color: string): number[] =>
  color.match(/[0-9a-f]{2}/gi)!.map((level) => parseInt(level, 16) / 255);

function laidOver([r, g, b, opacity]: number[], ground: string): number[] {
  const below = levels(ground);
  return [r, g, b].map((level, i) => level * opacity + below[i] * (1 - opacity));
}

/** The ratio of the Web Content Accessibility Guidelines. */
function contrast(a: number[], b: number[]): number {
  const [bright, faint] = [a, b].map(luminance).sort((x, y) => y - x);
  return (bright + 0.05) / (faint + 0.05);
}

function luminance(color: number[]): number {
  const [r, g, b] = color.map((level) =>
    level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
