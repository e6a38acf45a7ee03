import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { expandSound, expandText, mistakesOf } from '../../../fixtures/graph.ts';

type Value = string | number | boolean;
type Cell = Record<string, Value>;
interface Declared {
  readonly axes: Record<string, Value[]>;
  readonly include: Record<string, Value | Value[]>[];
  readonly exclude: Record<string, Value | Value[]>[];
}

function pipelineWith(matrix: unknown, more: object = {}): string {
  return stringify({
    version: 1,
    params: { levels: [0, 0.5], empty: [], word: 'x', first: 42, many: 3, none: 0 },
    stages: {
      s: { command: 'touch {{ outputs.o }}', matrix, outputs: { o: 'out/{{ name }}' } },
      ...more,
    },
  });
}

function cellsOf(text: string, stage = 's'): Cell[] {
  return [...expandSound(text).nodes.values()]
    .filter((node) => node.stage.name === stage)
    .map(({ cell }) => cell);
}

/** Cells as odometer readings: an independent statement of what a matrix means. */
function modelCells({ axes, include, exclude }: Declared): Cell[] {
  const names = Object.keys(axes);
  const enumerate = (lists: Record<string, Value[]>): Cell[] => {
    const sizes = names.map((name) => lists[name]?.length ?? 0);
    const total = sizes.reduce((product, size) => product * size, 1);
    return Array.from({ length: total }, (_, index) => {
      const cell: Cell = {};
      let rest = index;
      for (let i = names.length - 1; i >= 0; i--) {
        const values = lists[names[i] ?? ''] ?? [];
        cell[names[i] ?? ''] = values[rest % values.length] as Value;
        rest = Math.floor(rest / values.length);
      }
      return cell;
    });
  };
  const isExcluded = (cell: Cell) =>
    exclude.some((filter) => {
      for (const [axis, wanted] of Object.entries(filter)) {
        const allowed = new Set([wanted].flat());
        if (!allowed.has(cell[axis] as Value)) return false;
      }
      return true;
    });
  const lists = (entry: Record<string, Value | Value[]>) =>
    Object.fromEntries(Object.entries(entry).map(([axis, value]) => [axis, [value].flat()]));
  return [
    ...enumerate(axes).filter((cell) => !isExcluded(cell)),
    ...include.flatMap((entry) => enumerate(lists(entry))),
  ];
}

const value = fc.oneof(
  fc.constantFrom('a', 'b', 'c d', 'none'),
  fc.integer({ min: 0, max: 3 }),
  fc.boolean(),
);
const values = fc.uniqueArray(value, { minLength: 1, maxLength: 3, selector: String });
const choice = fc.oneof(value, values);
const declared: fc.Arbitrary<Declared> = fc
  .subarray(['x', 'y', 'z'], { minLength: 1 })
  .chain((names) =>
    fc
      .record(Object.fromEntries(names.map((name) => [name, values])))
      .chain((axes: Record<string, Value[]>) => {
        const some = (name: string) => {
          const own = axes[name] ?? [];
          return fc.oneof(fc.constantFrom(...own), fc.subarray(own, { minLength: 1 }));
        };
        return fc.record({
          axes: fc.constant(axes),
          include: fc.array(fc.record(Object.fromEntries(names.map((name) => [name, choice]))), {
            maxLength: 2,
          }),
          exclude: fc.array(
            fc
              .subarray(names, { minLength: 1 })
              .chain((named) =>
                fc.record(Object.fromEntries(named.map((name) => [name, some(name)]))),
              ),
            { maxLength: 2 },
          ),
        });
      }),
  );

describe('matrix', () => {
  it('is the product of its axes, less exclude, plus include, in the order of the file', () => {
    fc.assert(
      fc.property(declared, (matrix) => {
        const expected = modelCells(matrix);
        const texts = expected.map((cell) => Object.values(cell).join('_'));
        // Cells that differ only in type (1 and '1') or repeat are mistakes, tested below.
        fc.pre(new Set(texts).size === texts.length && texts.length > 0);
        const { axes, include, exclude } = matrix;
        expect(cellsOf(pipelineWith({ ...axes, include, exclude }))).toEqual(expected);
      }),
    );
  });

  it('does not include a cell that is there already a second time', () => {
    const include = [{ m: ['A', 'B'] }, { m: 'B' }];
    expect(cellsOf(pipelineWith({ m: ['A'], include }))).toEqual([{ m: 'A' }, { m: 'B' }]);
  });

  it('counts whole numbers from one parameter on, as many as another says', () => {
    const seeds = { from: 'first', count: 'many' };
    const expected = [{ m: 42 }, { m: 43 }, { m: 44 }];
    expect(cellsOf(pipelineWith({ m: seeds }))).toEqual(expected);
    const more = { include: [{ m: seeds }] };
    expect(cellsOf(pipelineWith({ m: [43], ...more }))).toEqual([{ m: 43 }, { m: 42 }, { m: 44 }]);
  });

  it('leaves out by the values of a parameter', () => {
    const matrix = { m: [0, 0.3, 0.5], exclude: [{ m: { param: 'levels' } }] };
    expect(cellsOf(pipelineWith(matrix))).toEqual([{ m: 0.3 }]);
  });

  it('names a cell by its values, or as the stage says', () => {
    const text = pipelineWith({ m: ['A', 'B'], p: { param: 'levels' } });
    expect([...expandSound(text).nodes.keys()]).toEqual(['s/A_0', 's/A_0.5', 's/B_0', 's/B_0.5']);
    const named = text.replace('outputs:', 'name: "{{ p | fixed(1) }}-{{ m }}"\n    outputs:');
    expect([...expandSound(named).nodes.keys()][0]).toBe('s/0.0-A');
  });

  it('takes all cells of another stage by like', () => {
    const more = {
      t: {
        command: 'touch {{ outputs.o }}',
        matrix: { like: 's' },
        outputs: { o: 't/{{ name }}' },
      },
    };
    const text = pipelineWith({ m: ['A', 'B'], exclude: [{ m: 'A' }] }, more);
    expect(cellsOf(text, 't')).toEqual([{ m: 'B' }]);
  });

  it.each([
    ['a repeated value', { m: ['A', 'A'] }, 'duplicate-cell'],
    ['two cells of one name', { m: [1, '1'] }, 'duplicate-cell'],
    ['an include with another axis', { m: ['A'], include: [{ n: 'A' }] }, 'unknown-axis'],
    ['an include without an axis', { m: [1], n: [1], include: [{ m: 2 }] }, 'unknown-axis'],
    ['an exclude of another axis', { m: ['A'], exclude: [{ n: 'A' }] }, 'unknown-axis'],
    ['an unknown parameter', { m: { param: 'leves' } }, 'unknown-param'],
    ['a parameter that is no list', { m: { param: 'word' } }, 'wrong-type'],
    ['a parameter that is an empty list', { m: { param: 'empty' } }, 'no-match'],
    ['like beside other keys', { like: 's', exclude: [{ m: 1 }] }, 'wrong-value'],
    ['like a stage without a matrix', { like: 't' }, 'unknown-stage'],
    ['an exclude by no parameter', { m: [1], exclude: [{ m: { param: 'x' } }] }, 'unknown-param'],
    ['no number to count from', { m: { from: 'fist', count: 'many' } }, 'unknown-param'],
    ['a count of nothing', { m: { from: 'first', count: 'none' } }, 'wrong-type'],
    ['a count without a start', { m: { count: 'many' } }, 'missing-key'],
    ['an exclude of all cells', { m: ['A', 'B'], exclude: [{ m: ['A', 'B'] }] }, 'no-match'],
    ['an exclude of nothing named', { m: ['A'], exclude: [{}] }, 'no-match'],
    ['an exclude of no value', { m: ['A'], exclude: [{ m: 'X' }] }, 'unknown-value'],
    ['an exclude of a text for a number', { m: [1], exclude: [{ m: '1' }] }, 'unknown-value'],
    [
      'an exclude of what is included',
      { m: ['A'], include: [{ m: 'B' }], exclude: [{ m: 'B' }] },
      'unknown-value',
    ],
    [
      'an exclude of no whole number',
      { m: { from: 'first', count: 'many' }, exclude: [{ m: 0.5 }] },
      'unknown-value',
    ],
    ['an axis with a reserved name', { name: ['A'] }, 'reserved-name'],
    ['an empty axis', { m: [] }, 'wrong-value'],
    ['a mapping as a value', { m: [{ a: 1 }] }, 'wrong-type'],
  ])('refuses %s, at its place', (_, matrix, code) => {
    const more = { t: { command: 'touch {{ outputs.o }}', outputs: { o: 't' } } };
    const mistakes = mistakesOf(pipelineWith(matrix, more));
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(new RegExp(`^${code} \\d+:\\d+$`));
  });

  it('offers the nearest name of a misspelt parameter', () => {
    const result = expandText(pipelineWith({ m: { param: 'leves' } }));
    expect(result.ok ? [] : result.diagnostics).toMatchObject([{ hint: 'did you mean "levels"?' }]);
  });
});
