import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiskLook, FolderNames } from '../../../../pipeline/python/disk-look.ts';
import { readFacts } from '../../../../pipeline/python/module-facts.ts';
import { openParser, type ParsePython } from '../../../../pipeline/python/parse-python.ts';
import type { PythonEntry } from '../../../../pipeline/python/python-program.ts';
import { tracePython } from '../../../../pipeline/python/trace-python.ts';
import { askPython, python } from '../../../fixtures/python.ts';

let parse: ParsePython;
const folders: string[] = [];
beforeAll(async () => {
  parse = await openParser();
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Runs a program in a folder and tells which files below it Python has loaded. */
const LOAD = `
import json, os, subprocess, sys
asked = json.load(sys.stdin)
after = """
import atexit, sys
root = sys.argv.pop()
def tell():
    files = [getattr(m, '__file__', None) for m in list(sys.modules.values())]
    found = [f for f in files if f and f.startswith(root)]
    open(root + '/loaded', 'w').write(chr(10).join(sorted(set(found))))
atexit.register(tell)
"""
out = []
for root, args, path in asked:
    os.makedirs(root + '/.hook', exist_ok=True)
    open(root + '/.hook/sitecustomize.py', 'w').write(after)
    env = {**os.environ, 'PYTHONPATH': os.pathsep.join([root + '/.hook', *path]), 'PYTHONDONTWRITEBYTECODE': '1'}
    done = subprocess.run([sys.executable, *args, root], cwd=root, env=env, capture_output=True, text=True)
    out.append([open(root + '/loaded').read().split(), done.stderr])
print(json.dumps(out))
`;

function makeFolder(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'pipeline-python-')));
  folders.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

function trace(root: string, entry: PythonEntry, path: readonly string[] = []) {
  const environment = {
    version: null,
    packages: [],
    sources: [],
    linked: new Map<string, string>(),
    folder: null,
  };
  const program = { entry, folder: root, path, isIsolated: false, environment };
  const disk = new DiskLook(root, new FolderNames());
  const traced = tracePython(program, { disk, readFacts: (text) => readFacts(text, parse) });
  return {
    files: [...traced.modules.keys()].map((file) => relative(root, file)).sort(),
    spots: traced.spots.map(({ file, line, what }) => [relative(root, file ?? root), line, what]),
  };
}

const NAMES = ['a', 'b', 'c'];
/** Modules of two levels of packages, some of which have no `__init__.py`. */
const treeArbitrary = fc.record({
  inits: fc.subarray(['a', 'b', 'a/b', 'b/c', 'src/c', 'src/a']),
  modules: fc.subarray(
    [
      'a',
      'b',
      'a/b',
      'a/c',
      'b/c',
      'b/a',
      'a/b/c',
      'a/b/a',
      'b/c/b',
      'src/c',
      'src/c/a',
      'src/a/b',
    ],
    { minLength: 4 },
  ),
});
const importArbitrary = fc.record({
  dotted: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }),
  level: fc.integer({ min: 0, max: 3 }),
  name: fc.option(fc.constantFrom(...NAMES, '*'), { nil: null }),
  form: fc.constantFrom('plain', 'function', 'dynamic'),
});
type Import = typeof importArbitrary extends fc.Arbitrary<infer T> ? T : never;

function writeImport({ dotted, level, name, form }: Import, i: number): string {
  const path = dotted.join('.');
  const taken = name === '*' && form === 'function' ? 'a' : name;
  const line =
    form === 'dynamic'
      ? `import importlib; importlib.import_module('${path}')`
      : taken === null && level === 0
        ? `import ${path}`
        : `from ${'.'.repeat(level)}${path} import ${taken ?? 'a'}`;
  if (form !== 'function') return `try:\n    ${line}\nexcept Exception:\n    pass\n`;
  return `def f${i}():\n    try:\n        ${line}\n    except Exception: pass\nf${i}()\n`;
}

describe.skipIf(python === null)('beside Python itself', () => {
  it('finds the modules that Python loads, whatever imports what', () => {
    const cases = fc.sample(
      fc.tuple(
        treeArbitrary,
        fc.array(fc.array(importArbitrary, { maxLength: 3 }), { minLength: 20, maxLength: 20 }),
        fc.constantFrom<PythonEntry | 'module'>({ kind: 'file', path: 'main.py' }, 'module'),
      ),
      { numRuns: 40, seed: 7 },
    );
    const asked = cases.map(([{ inits, modules }, imports, kind]) => {
      let i = 0;
      const body = () => (imports[i++ % imports.length] ?? []).map(writeImport).join('');
      const files: Record<string, string> = {};
      for (const folder of inits) files[`${folder}/__init__.py`] = body();
      for (const name of modules) files[`${name}.py`] = body();
      files['main.py'] = `${body()}${body()}${body()}`;
      files['a/__main__.py'] = files['main.py'];
      const root = makeFolder(files);
      const args = kind === 'module' ? ['-m', 'a'] : ['main.py'];
      const entry: PythonEntry =
        kind === 'module'
          ? { kind: 'module', name: 'a' }
          : { kind: 'file', path: join(root, 'main.py') };
      const path = [join(root, 'src')];
      return { root, entry, path, args, files };
    });
    const answers = askPython(
      LOAD,
      asked.map(({ root, args, path }) => [root, args, path]),
    ) as [string[], string][];
    let most = 0;
    for (const [i, [loaded]] of answers.entries()) {
      const one = asked[i];
      if (one === undefined) continue;
      const { root, entry, path, files } = one;
      const expected = loaded
        .map((file) => relative(root, file))
        .filter((f) => !f.startsWith('.hook'));
      most = Math.max(most, expected.length);
      const found = trace(root, entry, path).files;
      const story = `${JSON.stringify(files, null, 1)}\n${JSON.stringify(entry)}`;
      expect(
        expected.filter((file) => !found.includes(file)),
        story,
      ).toEqual([]);
    }
    expect(most).toBeGreaterThan(4);
  });
});

describe('what Python would find', () => {
  it('a package before a module, a module before a folder, its own folder first', () => {
    const root = makeFolder({
      'tool/main.py': 'import one, two, three\n',
      'tool/one.py': '',
      'tool/one/__init__.py': '',
      'tool/two/data.csv': '',
      'tool/two.py': '',
      'three.py': '',
    });
    const entry = { kind: 'file', path: join(root, 'tool/main.py') } as const;
    const { files, spots } = trace(root, entry);
    expect(files).toEqual(['tool/main.py', 'tool/one/__init__.py', 'tool/two.py']);
    expect(spots).toEqual([
      ['tool/main.py', 1, '"three" is no module of the workspace and no package that is installed'],
    ]);
  });

  it('what a folder that the program adds has', () => {
    const root = makeFolder({
      'tool/main.py':
        "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '../src'))\nimport inner\n",
      'src/inner.py': 'import json\n',
    });
    const { files, spots } = trace(root, { kind: 'file', path: join(root, 'tool/main.py') });
    expect([files, spots]).toEqual([['src/inner.py', 'tool/main.py'], []]);
  });

  it('says nothing of an import that may fail', () => {
    const root = makeFolder({
      'main.py': 'try:\n  import quick\nexcept ImportError:\n  quick = None\n',
    });
    expect(trace(root, { kind: 'file', path: join(root, 'main.py') }).spots).toEqual([]);
  });
});
