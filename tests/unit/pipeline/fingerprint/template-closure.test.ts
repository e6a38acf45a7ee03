import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../pipeline/contract/values.ts';
import { renderTemplate } from '../../../../pipeline/executor/render-template.ts';
import { analyzeTemplate } from '../../../../pipeline/fingerprint/template-closure.ts';
import type { TemplateAnalysis } from '../../../../pipeline/graph/types.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

function analyze(files: Record<string, string>, entry = 't/main.njk'): TemplateAnalysis {
  const result = analyzeTemplate(makeFolder(files), entry);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics, null, 1));
  return result.value;
}

/** The variables that a template reads and does not bind itself. */
function freeIn(text: string, others: Record<string, string> = {}): string[] {
  const { variables } = analyze({ 't/main.njk': text, ...others });
  return variables.filter(({ bound }) => !bound).map(({ path }) => path.join('.'));
}

function mistakesIn(text: string, others: Record<string, string> = {}): string[] {
  const result = analyzeTemplate(makeFolder({ 't/main.njk': text, ...others }), 't/main.njk');
  return result.ok
    ? []
    : result.diagnostics.map(
        ({ code, message, location: { file, line, column } }) =>
          `${file}:${line}:${column} ${code} ${message}`,
      );
}

describe('the files of a template', () => {
  it('are those that it extends, includes and imports, beside it or from the workspace', () => {
    const { files } = analyze({
      't/main.njk':
        '{% extends "base.njk" %}{% block a %}{% include "shared/b.njk" %}{% endblock %}',
      't/base.njk': '{% import "macros.njk" as m %}{% block a %}{% endblock %}',
      't/macros.njk': '{% macro x() %}{% endmacro %}',
      'shared/b.njk': '{% from "macros.njk" import x %}',
      't/other.njk': 'not used',
    });
    expect([...files.keys()].sort()).toEqual([
      'shared/b.njk',
      't/base.njk',
      't/macros.njk',
      't/main.njk',
    ]);
  });

  it('may include each other in a circle', () => {
    const files = { 't/main.njk': '{% include "b.njk" %}', 't/b.njk': '{% include "main.njk" %}' };
    expect(analyze(files).files.size).toBe(2);
  });

  it.each([
    ['one that is missing', 'a\n  {% include "gone.njk" %}', 't/main.njk:2:6 missing-file'],
    ['a computed name', '{% include which %}', 't/main.njk:1:4 bad-import'],
    ['a syntax error', 'a\n{% if %}', 't/main.njk:2:'],
    ['a block that is not closed', '{% for x in y %}', 't/main.njk:1:'],
  ])('are a mistake with its place: %s', (_, text, expected) => {
    const mistakes = mistakesIn(text);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]?.slice(0, expected.length)).toBe(expected);
  });

  it('are all checked: two mistakes are both found', () => {
    expect(
      mistakesIn('{% include "gone.njk" %}{% include "b.njk" %}', { 't/b.njk': '{{ a b }}' }),
    ).toHaveLength(2);
  });
});

describe('the variables of a template', () => {
  it.each([
    ['{{ a.b.c }} {{ d }}', ['a.b.c', 'd']],
    ['{{ a["b"].c }}', ['a.b.c']],
    ['{{ a.b[c.d].e }}', ['a.b', 'c.d']],
    ['{{ a[b[c]] }}', ['a', 'b', 'c']],
    ['{{ a | fixed(b) | replace("x", c) }}', ['a', 'b', 'c']],
    [
      '{% if a is defined and b is divisibleby(c) %}{{ d if e else f }}{% endif %}',
      ['a', 'b', 'c', 'd', 'e', 'f'],
    ],
    [
      '{{ { x: a, "y": b } }} {{ [c] }} {{ d + -e * f }} {{ not g in h }}',
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
    ],
    ['{{ range(a) }} {{ "b" }} {{ 1 }} {{ true }} {{ none }}', ['a']],
    ['{% switch a %}{% case b %}{{ c }}{% default %}{{ d }}{% endswitch %}', ['a', 'b', 'c', 'd']],
    ['{% filter replace(a, "b") %}{{ c }}{% endfilter %}', ['a', 'c']],
    ['{{ a.b(c)[d] }} {{ (a or e).f }}', ['a', 'a.b', 'c', 'd', 'e']],
    ['{# {{ a }} #}{% raw %}{{ b }}{% endraw %}', []],
  ])('of %s', (text, expected) => {
    expect(freeIn(text).sort()).toEqual(expected);
  });

  it.each([
    ['for', '{% for x in xs %}{{ x.a }}{{ loop.index }}{% else %}{% endfor %}', ['xs']],
    ['for of pairs', '{% for k, v in xs %}{{ k }}{{ v }}{% endfor %}', ['xs']],
    ['set', '{% set x = a %}{{ x }}', ['a']],
    ['set of a block', '{% set x %}{{ a }}{% endset %}{{ x }}', ['a']],
    ['macro', '{% macro m(x, y=a) %}{{ x }}{{ y }}{% endmacro %}{{ m(1) }}', ['a']],
    [
      'call',
      '{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(x) m() %}{{ x }}{{ a }}{% endcall %}',
      ['a'],
    ],
    ['import', '{% import "m.njk" as m %}{{ m.f(a) }}', ['a']],
    [
      'from import with a new name',
      '{% from "m.njk" import f as g, f %}{{ g(a) }}{{ f(a) }}',
      ['a'],
    ],
  ])('are not those that it binds by %s', (_, text, expected) => {
    expect(freeIn(text, { 't/m.njk': '{% macro f(z) %}{{ z }}{% endmacro %}' })).toEqual(expected);
  });

  it('are not those that an including template binds for the included one', () => {
    expect(
      freeIn('{% for x in xs %}{% include "row.njk" %}{% endfor %}', {
        't/row.njk': '{{ x }}{{ a }}',
      }),
    ).toEqual(['xs', 'a']);
  });

  it('are still told where a name is bound too, because outside the loop a parameter is meant', () => {
    const { variables } = analyze({ 't/main.njk': '{{ x }}{% for x in xs %}{{ x }}{% endfor %}' });
    expect(variables.map(({ path, bound }) => [path.join('.'), bound])).toEqual([
      ['x', true],
      ['xs', false],
    ]);
  });

  it('come with the place of their first use', () => {
    const { variables } = analyze({ 't/main.njk': 'a\n  b: {{ some.thing }}\n{{ some.thing }}' });
    expect(variables).toEqual([
      {
        path: ['some', 'thing'],
        bound: false,
        optional: false,
        printed: { file: 't/main.njk', line: 2, column: 9 },
        file: 't/main.njk',
        line: 2,
        column: 9,
      },
    ]);
  });
});

describe('renderTemplate', () => {
  const files = new Map([
    [
      't/main.njk',
      '{% extends "base.njk" %}{% block a %}{{ p | fixed(1) }} {{ text }}{% endblock %}',
    ],
    ['t/base.njk', 'top\n{% block a %}{% endblock %}\n'],
  ]);

  it('renders the texts it is given, escaping nothing', () => {
    const text = renderTemplate(files, 't/main.njk', { p: 0, text: '<a & "b">' });
    expect(text).toBe('top\n0.0 <a & "b">');
  });

  it('fails on a variable that is undefined or null, with the template and line', () => {
    for (const variables of [{ p: 0 }, { p: 0, text: null }]) {
      const render = () => renderTemplate(files, 't/main.njk', variables);
      expect(render).toThrow(/t\/main\.njk:1:57: "text" is (undefined|null)/);
      expect(render).toThrow(expect.objectContaining({ name: 'StageFailure' }));
    }
  });

  const render = (text: string, variables: JsonObject = {}) =>
    renderTemplate(new Map([['t.njk', text]]), 't.njk', variables);

  it.each([
    ['{{ a }}', 't.njk:1:1: "a" is a list: print {{ … | join(", ") }} or {{ … | dump }}'],
    ['x\n {{- m }}', 't.njk:2:2: "m" is a mapping: print {{ … | dump }}'],
    ['{% for x in [m] %}{{ x }}{% endfor %}', 't.njk:1:19: "x" is a mapping'],
    ['{{ a | sort }}', 't.njk:1:1: "a | sort" is a list'],
    ['{{ [] }}', 't.njk:1:1: "[]" is a list'],
    ['{{ m.no }}', 't.njk:1:1: "m.no" is null: ask with {% if … != none %}'],
    ['{% macro p(v) %}{{ v }}{% endmacro %}{{ p(a) }}', 't.njk:1:17: "v" is a list'],
  ])('prints no value that is not single: %j', (text, message) => {
    expect(() => render(text, { a: [2, 1], m: { no: null } })).toThrow(message);
  });

  it.each([
    ['{{ a | join(",") }} {{ a | dump }} {{ m | dump }} {{ a.length }}', '2,1 [2,1] {"b":1} 2'],
    ['{% for x in a %}{{ x }}{% endfor %}{{ a[0] }}', '212'],
    ['{% macro p(v) %}<{{ v }}>{% endmacro %}{{ p(1) }}{{ m.b }}', '<1>1'],
    ['{% set t %}{{ m.b }}!{% endset %}{{ t }}{{ false }}{{ 0 }}{{ "" }}', '1!false0'],
    ['{{ x | default(3) }}{{ x is defined }}{{ m.c | d("-") }}', '3false-'],
  ])('prints what is single: %j', (text, expected) => {
    expect(render(text, { a: [2, 1], m: { b: 1 } })).toBe(expected);
  });
});
