import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { describe, expect, it } from 'vitest';
import { findBrushed } from '../../../../commands/report/browser/brushed.ts';
import { findLegend } from '../../../../commands/report/browser/find-legend.ts';
import { HIDDEN, makeInteractive } from '../../../../commands/report/browser/interactive-spec.ts';
import type { SpecPart } from '../../../../commands/report/browser/spec-parts.ts';

const rows = ['A', 'B'].flatMap((model) =>
  [0, 1, 2].map((p) => ({ model, p, error: p / 4, experiment: `${model}_${p}` })),
);
const encoding = {
  x: { field: 'p', type: 'quantitative' },
  y: { field: 'error', type: 'quantitative' },
  color: {
    field: 'model',
    type: 'nominal',
    scale: { domain: ['A', 'B'], range: ['#0072b2', '#e69f00'] },
  },
};
const layered = {
  width: 400,
  height: 90,
  layer: [
    { mark: 'line', encoding },
    { mark: 'point', encoding },
  ],
};
const data = { values: rows };
const FIGURES: Readonly<Record<string, SpecPart>> = {
  single: { data, width: 400, mark: 'point', encoding },
  layered: { data, ...layered },
  concatenated: { data, hconcat: [layered, layered, layered] },
  faceted: { data, facet: { field: 'model', type: 'nominal' }, columns: 2, spec: layered },
  'with a reference line of its own data': {
    data,
    ...layered,
    layer: [
      { data: { values: [{}] }, mark: 'rule', encoding: { y: { datum: 1, type: 'quantitative' } } },
      ...layered.layer,
    ],
  },
};

/** Compiles and runs a spec. @returns its view, the points drawn, the legends, and what was warned of */
async function draw(spec: SpecPart) {
  const warnings: unknown[] = [];
  const logger = vega.logger(vega.Warn);
  logger.warn = (...messages: unknown[]) => {
    // Node has no window in which a drag could end.
    warnings.push(...messages.filter((one) => one !== 'Can not resolve event source: window'));
    return logger;
  };
  const compiled = compile(spec as unknown as TopLevelSpec, { logger }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger });
  await view.runAsync();
  const svg = await view.toSVG();
  return {
    view,
    warnings,
    brushes: (compiled.data ?? []).filter(({ name }) => name.startsWith('brush_')).length,
    points: svg.split('aria-roledescription="point"').length - 1,
    legends: svg.split('role-legend"').length - 1,
  };
}

describe.each(Object.entries(FIGURES))('a %s figure', (_, spec) => {
  it('is drawn as before without its legend, and each panel has a brush', async () => {
    const [before, after] = [await draw(spec), await draw(makeInteractive(spec, 2000))];
    expect(after.warnings).toEqual([]);
    expect(after.points).toBe(before.points);
    expect(before.legends).toBeGreaterThan(0);
    expect(after.legends).toBe(0);
    expect(after.brushes).toBe('hconcat' in spec ? 3 : 1);
  });

  it('leaves out what is hidden', async () => {
    const { view, points } = await draw(makeInteractive(spec, 2000));
    await view.signal(HIDDEN, ['A']).runAsync();
    const left = (await view.toSVG()).split('aria-roledescription="point"').length - 1;
    expect(left).toBe(points / 2);
  });

  it('fits a phone', async () => {
    const { view } = await draw(makeInteractive(spec, 320));
    const [, width] = /<svg [^>]*width="(\d+)"/.exec(await view.toSVG()) ?? [];
    expect(Number(width)).toBeLessThanOrEqual(330);
  });

  it('takes the room of a wide window, and no more', async () => {
    const widthIn = async (window: number) => {
      const { view } = await draw(makeInteractive(spec, window));
      return Number(/<svg [^>]*width="(\d+)"/.exec(await view.toSVG())?.[1]);
    };
    const own = await widthIn(480);
    expect(await widthIn(1100)).toBeGreaterThan(own);
    expect(await widthIn(1100)).toBeLessThanOrEqual(1100);
    expect(await widthIn(3000)).toBe(await widthIn(1500));
  });
});

describe('findLegend', () => {
  it('finds the coloured field with its colours, in a layer too', () => {
    expect(findLegend(FIGURES['concatenated'] ?? {})).toEqual({
      field: 'model',
      entries: [
        { value: 'A', color: '#0072b2' },
        { value: 'B', color: '#e69f00' },
      ],
    });
    expect(findLegend({ mark: 'point' })).toBeNull();
    const levels = { field: 'p', type: 'ordinal', scale: { domain: [0, 1], scheme: 'plasma' } };
    expect(findLegend({ mark: 'line', encoding: { color: levels } })?.entries).toEqual([
      { value: 0, color: null },
      { value: 1, color: null },
    ]);
  });
});

describe('findBrushed', () => {
  const tuple = (from: number, to: number) => [
    { fields: [{ field: 'p' }], values: [[from, to] as const] },
  ];
  const all = { facet: null, legend: null, hidden: new Set<string>() };
  it('names each run once whose row is within the range', () => {
    expect(findBrushed(rows, tuple(0.5, 1.5), all)).toEqual(['A_1', 'B_1']);
    expect(findBrushed([...rows, ...rows], tuple(2, 1), all)).toEqual(['A_1', 'A_2', 'B_1', 'B_2']);
    expect(findBrushed(rows, [], all)).toBeNull();
  });

  it('leaves out what other panels draw and what the legend hides', () => {
    const [range] = tuple(0, 2);
    const panel = [
      {
        ...range,
        unit: 'child__facet_facet_A',
        fields: range?.fields ?? [],
        values: range?.values ?? [],
      },
    ];
    const models = { ...all, facet: 'model' };
    expect(findBrushed(rows, panel, models)?.every((run) => run.startsWith('A_'))).toBe(true);
    const hidden = { ...all, legend: 'model', hidden: new Set(['A']) };
    expect(findBrushed(rows, tuple(0.5, 1.5), hidden)).toEqual(['B_1']);
  });
});
