/** That a run executes the Python whose code, packages or data an edit has changed, and nothing else. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { askPython, python } from '../../fixtures/python.ts';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

/** Modules that import each other in this order, from the one that stages import to the last. */
const MODULES = ['one', 'two', 'three'] as const;

/** The interpreter itself, which a shim may stand before, and its version. */
const INTERPRETER =
  python === null
    ? { path: '/usr/bin/python3', version: '3' }
    : (askPython(
        'import json, sys; v = sys.version_info; print(json.dumps({"path": sys.executable, "version": f"{v[0]}.{v[1]}"}))',
        null,
      ) as { readonly path: string; readonly version: string });
const PACKAGES = `.venv/lib/python${INTERPRETER.version}/site-packages`;

/** All that is edited; numbers are few, so that an edit often goes back to what was there before. */
interface State {
  readonly values: Record<(typeof MODULES)[number], number>;
  /** How a module is written, which does not matter. */
  readonly styles: Record<(typeof MODULES)[number], number>;
  version: number;
  data: number;
  /** The content of a file that need not be there. */
  maybe: number | null;
  unrelated: number;
}

const number = fc.integer({ min: 0, max: 2 });
const moduleName = fc.constantFrom(...MODULES);

const edit = fc.oneof(
  fc.record({ kind: fc.constant('value' as const), module: moduleName, to: number }),
  fc.record({ kind: fc.constant('style' as const), module: moduleName, to: number }),
  fc.record({ kind: fc.constantFrom('version' as const, 'data' as const), to: number }),
  fc.record({ kind: fc.constant('maybe' as const), to: fc.option(number) }),
  fc.record({ kind: fc.constant('unrelated' as const), to: number }),
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

/** Random edits of a workspace of Python: the stages executed are those of a model that knows no engine. */
export function describePythonEdits(stories: number, edits: number): void {
  afterAll(removeWorkspaces);

  describe.skipIf(!canTrace || python === null)('random edits of Python', () => {
    it(`execute what each of ${edits} touches, and nothing else`, async () => {
      const story = fc.array(edit, { minLength: edits, maxLength: edits });
      await fc.assert(
        fc.asyncProperty(story, async (steps) => followStory(steps)),
        { numRuns: stories, endOnFailure: true },
      );
    });
  });
}

async function followStory(steps: readonly Edit[]): Promise<void> {
  const state: State = {
    values: { one: 0, two: 0, three: 0 },
    styles: { one: 0, two: 0, three: 0 },
    version: 0,
    data: 0,
    maybe: null,
    unrelated: 0,
  };
  const workspace = makeWorkspace(FILES);
  mkdirSync(join(workspace.path, '.venv/bin'), { recursive: true });
  symlinkSync(INTERPRETER.path, join(workspace.path, '.venv/bin/python'));
  const seen = new Set<string>();
  for (const step of [null, ...steps]) {
    if (step !== null) apply(step, state);
    write(workspace, state);
    const facts = evaluate(state);
    const expected = Object.entries(facts).flatMap(([stage, { key }]) => {
      const isKnown = seen.has(`${stage} ${key}`);
      seen.add(`${stage} ${key}`);
      return isKnown ? [] : [stage];
    });
    const result = await workspace.run(['--json']);
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const executed = nodesThat(parseEvents(result), 'executed').sort();
    expect(executed, JSON.stringify({ step, state })).toEqual(expected.sort());
    for (const [stage, { output }] of Object.entries(facts)) {
      expect(workspace.read(`out/${stage}`), JSON.stringify({ step, state })).toBe(output);
    }
  }
}

function apply(step: Edit, state: State): void {
  switch (step.kind) {
    case 'value':
      state.values[step.module] = step.to;
      return;
    case 'style':
      state.styles[step.module] = step.to;
      return;
    case 'maybe':
      state.maybe = step.to;
      return;
    default:
      state[step.kind] = step.to;
  }
}

/** What each stage depends on, and what it prints. */
function evaluate({ values, version, data, maybe }: State) {
  const { one, two, three } = values;
  const deep = `${one}${two}${three} ${data}\n`;
  const shallow = `${two}${three} ${maybe ?? 'none'}\n`;
  return {
    deep: { key: deep, output: deep },
    shallow: { key: `${shallow} ${version}`, output: shallow },
  };
}

const COMMAND = 'PYTHONDONTWRITEBYTECODE=1 .venv/bin/python';
const FILES = {
  'pipeline.yaml': `version: 1
stages:
  deep: { command: "${COMMAND} deep.py > {{ outputs.o }}", inputs: auto, outputs: { o: out/deep } }
  shallow: { command: "${COMMAND} shallow.py > {{ outputs.o }}", inputs: auto, outputs: { o: out/shallow } }
`,
  'deep.py': "from lib import one\nprint(one.TEXT, open('data/given').read())\n",
  'shallow.py': `import os
import tiny
from lib.two import TEXT

maybe = 'data/maybe'
print(TEXT, open(maybe).read() if os.path.exists(maybe) else 'none')
`,
  '.venv/pyvenv.cfg': `home = ${dirname(INTERPRETER.path)}\nversion = ${INTERPRETER.version}.0\n`,
  [`${PACKAGES}/tiny/__init__.py`]: '',
};

function write(workspace: Workspace, { values, styles, version, data, maybe, ...rest }: State) {
  const put = (path: string, text: string) => {
    if (!workspace.exists(path) || workspace.read(path) !== text) workspace.write(path, text);
  };
  for (const [i, name] of MODULES.entries()) {
    put(`lib/${name}.py`, writeModule(values[name], MODULES[i + 1], styles[name]));
  }
  put(`${PACKAGES}/tiny-1.dist-info/METADATA`, `Name: tiny\nVersion: 1.${version}\n\n`);
  put('data/given', String(data));
  put('unrelated.txt', String(rest.unrelated));
  put('lib/unrelated.py', `x = ${rest.unrelated}\n`);
  if (maybe === null) workspace.remove('data/maybe');
  else put('data/maybe', String(maybe));
}

/** A module whose text is a number and that of the next one, in one of three ways to write it. */
function writeModule(value: number, next: string | undefined, style: number): string {
  const head = next === undefined ? '' : `from .${next} import TEXT as NEXT\n`;
  const rest = next === undefined ? '' : ' + NEXT';
  switch (style) {
    case 0:
      return `${head}TEXT = '${value}'${rest}\n`;
    case 1:
      return `# ${value * 3}\n${head}\n\nTEXT = "${value}"${rest}  # a number\n`;
    default:
      return `"""What it is."""\n${head}TEXT = (\n    '${value}'${rest}\n)\n`;
  }
}
