import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Diagram, listLegend, makeDiagram } from '../../../../pipeline/draw/diagram.ts';
import { drawDot } from '../../../../pipeline/draw/dot.ts';
import { drawMermaid } from '../../../../pipeline/draw/mermaid.ts';
import { NEUTRAL, STATES } from '../../../../pipeline/draw/palette.ts';
import { drawDiagramSvg } from '../../../../pipeline/draw/svg.ts';
import { expandSound } from '../../../fixtures/graph.ts';

const graph = expandSound(`version: 1
stages:
  a: { command: x, matrix: { i: [1, 2, 3] }, outputs: { o: "a{{ i }}" } }
  b: { command: x, inputs: { a: { from: a, output: o } }, matrix: { i: [1, 2, 3] }, outputs: { o: "b{{ i }}" } }
  c: { command: x, needs: [a], inputs: { b: { from: b, output: o } }, outputs: { o: c } }
`);
const planned = [...graph.nodes.values()].map((node) => ({
  node,
  state: node.id === 'a/2' ? ('run' as const) : ('up-to-date' as const),
}));

/** Names as unkind as can be: a node's name may hold any character. */
const hostile: Diagram = {
  boxes: [
    { id: 'a/"x"\\n<b>&', lines: ['a/"x"\\n<b>&'], state: 'run', counts: { run: 1 } },
    { id: 'a/; end]', lines: ['a/; end]'], state: 'cached', counts: { cached: 1 } },
  ],
  arrows: [{ from: 'a/"x"\\n<b>&', to: 'a/; end]', kind: 'data' }],
};

describe('makeDiagram', () => {
  it('folds the cells of a stage into one box, in the state of the most urgent', () => {
    const { boxes, arrows } = makeDiagram(planned, false);
    expect(boxes).toEqual([
      {
        id: 'a',
        lines: ['a', '3 cells', '1 will run'],
        state: 'run',
        counts: { run: 1, 'up-to-date': 2 },
      },
      { id: 'b', lines: ['b', '3 cells'], state: 'up-to-date', counts: { 'up-to-date': 3 } },
      { id: 'c', lines: ['c'], state: 'up-to-date', counts: { 'up-to-date': 1 } },
    ]);
    expect(arrows).toEqual([
      { from: 'a', to: 'b', kind: 'data' },
      { from: 'a', to: 'c', kind: 'order' },
      { from: 'b', to: 'c', kind: 'data' },
    ]);
  });

  it('expanded, has a box a node', () => {
    const diagram = makeDiagram(planned, true);
    expect(diagram.boxes.map(({ id }) => id)).toEqual([...graph.nodes.keys()]);
    expect(diagram.arrows).toHaveLength(9);
    expect(listLegend(diagram).map(({ name }) => name)).toEqual(['run', 'up-to-date']);
  });
});

describe('colours', () => {
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one: string, other: string) => {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  it('let text be read in every box, and borders and arrows be seen on white and on black', () => {
    for (const { fill, stroke, text } of STATES) {
      expect(contrast(text, fill)).toBeGreaterThan(7);
      expect(contrast(stroke, '#ffffff')).toBeGreaterThan(3);
      expect(contrast(fill, '#0d1117')).toBeGreaterThan(3);
    }
    for (const paper of ['#ffffff', '#0d1117']) expect(contrast(NEUTRAL, paper)).toBeGreaterThan(4);
  });
});

describe('drawMermaid', () => {
  it('writes boxes, arrows, states and a legend', () => {
    const lines = drawMermaid(makeDiagram(planned, false)).split('\n');
    expect(lines.slice(0, 7)).toEqual([
      'flowchart LR',
      '  n0["a<br/>3 cells<br/>1 will run"]:::run',
      '  n1["b<br/>3 cells"]:::up_to_date',
      '  n2["c"]:::up_to_date',
      '  n0 --> n1',
      '  n0 -.-> n2',
      '  n1 --> n2',
    ]);
    expect(lines).toContain('    legend_run["will run"]:::run');
    expect(lines.filter((line) => line.startsWith('  classDef'))).toHaveLength(2);
  });

  it('escapes what has a meaning', () => {
    expect(drawMermaid(hostile)).toContain('["a/#34;x#34;#92;n#60;b#62;#38;"]');
    expect(drawMermaid(hostile)).toContain('["a/#59; end#93;"]');
  });
});

describe('drawDot', () => {
  const hasGraphviz = spawnSync('dot', ['-V']).status === 0;

  it('quotes names and writes states and a legend', () => {
    const text = drawDot(hostile);
    expect(text).toContain('"a/\\"x\\"\\n<b>&" -> "a/; end]";');
    expect(text).toContain('"legend cached" [label="to be put back from the cache"');
    expect(drawDot(makeDiagram(planned, false))).toContain('"a" -> "c" [style=dashed];');
  });

  it.skipIf(!hasGraphviz)('is what Graphviz reads (skipped without dot)', () => {
    for (const diagram of [hostile, makeDiagram(planned, true)]) {
      const read = execFileSync('dot', ['-Tjson'], { input: drawDot(diagram), encoding: 'utf8' });
      const { objects } = JSON.parse(read) as { objects: { name: string }[] };
      const names = objects.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(diagram.boxes.map(({ id }) => id)));
    }
  });
});

describe('drawSvg', () => {
  /** The boxes of a drawing with their labels. */
  const read = (svg: string) =>
    [...svg.matchAll(/<g fill="[^"]+"><title>.*?<\/g>/g)].map(([group]) => {
      const number = (name: string) => Number(new RegExp(` ${name}="([-\\d.]+)"`).exec(group)?.[1]);
      const rect = {
        x: number('x'),
        y: number('y'),
        width: number('width'),
        height: number('height'),
      };
      const texts = [...group.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<\/text>/g)];
      return {
        rect,
        texts: texts.map(([, x, y, text = '']) => ({ x: Number(x), y: Number(y), text })),
      };
    });
  const wide: Diagram = {
    boxes: Array.from({ length: 30 }, (_, i) => ({
      id: `stage${i}`,
      lines: [`stage${i}/${'W'.repeat(i * 2)}`, '漢字 cells'],
      state: 'run',
      counts: { run: 1 },
    })),
    arrows: Array.from({ length: 29 }, (_, i) => ({
      from: `stage${Math.floor(i / 3)}`,
      to: `stage${i + 1}`,
      kind: 'data',
    })),
  };

  it.each([
    ['folded', makeDiagram(planned, false)],
    ['expanded', makeDiagram(planned, true)],
    ['wide', wide],
  ])('%s: boxes do not overlap, and labels are inside theirs', (_, diagram) => {
    const svg = drawDiagramSvg(diagram);
    const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    const boxes = read(svg);
    expect(boxes).toHaveLength(diagram.boxes.length);
    const legend = svg.slice(svg.indexOf('<g aria-label="legend">'));
    const labels = [...legend.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<\/text>/g)];
    expect(labels.map(([, , , text]) => text)).toEqual(
      listLegend(diagram).map(({ label }) => label),
    );
    const lowest = Math.max(...boxes.map(({ rect }) => rect.y + rect.height));
    let end = 0;
    for (const [, x, y, text = ''] of labels) {
      expect(Number(x)).toBeGreaterThan(end);
      end = Number(x) + text.length * 12 * 0.6;
      expect(end).toBeLessThan(width);
      expect(Number(y) - 12).toBeGreaterThan(lowest);
      expect(Number(y) + 3).toBeLessThan(height);
    }
    for (const [i, { rect, texts }] of boxes.entries()) {
      expect(rect.x).toBeGreaterThan(0);
      expect(rect.y).toBeGreaterThan(0);
      expect(rect.x + rect.width).toBeLessThan(width);
      expect(rect.y + rect.height).toBeLessThan(height);
      for (const { x, y, text } of texts) {
        const cells = [...text].reduce((sum, c) => sum + (c > '\u2e80' ? 2 : 1), 0);
        expect(x + cells * 12 * 0.6).toBeLessThan(rect.x + rect.width);
        expect(y).toBeGreaterThan(rect.y + 9);
        expect(y + 3).toBeLessThan(rect.y + rect.height);
      }
      for (const { rect: other } of boxes.slice(i + 1)) {
        const apart =
          rect.x + rect.width < other.x ||
          other.x + other.width < rect.x ||
          rect.y + rect.height < other.y ||
          other.y + other.height < rect.y;
        expect(apart).toBe(true);
      }
    }
  });

  it('is well-formed for any name, and draws as many arrows as there are', () => {
    const svg = drawDiagramSvg(hostile);
    expect(svg).toContain('>a/"x"\\n&lt;b&gt;&amp;</text>');
    expect(drawDiagramSvg(wide).match(/<path d="M[^"]*" marker-end/g)).toHaveLength(29);
    expect(drawDiagramSvg({ boxes: [], arrows: [] })).not.toMatch(/NaN|Infinity/);
  });
});
