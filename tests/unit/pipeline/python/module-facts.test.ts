import { describe, expect, it } from 'vitest';
import { readFacts } from '../../../../pipeline/python/module-facts.ts';
import { openParser } from '../../../../pipeline/python/parse-python.ts';
import type { ModuleFacts } from '../../../../pipeline/python/said-of-modules.ts';
import { askPython, python } from '../../../fixtures/python.ts';

const parse = await openParser();
const facts = (text: string): ModuleFacts => readFacts(text, parse);
const digest = (text: string) => facts(text).digest;

/** Each file of the standard library: its text, that made of its syntax, one with a change, its imports. */
const READ_LIBRARY = `
import ast, json, os, random, sys
folder = os.path.dirname(os.__file__)
paths = sorted(os.path.join(at, f) for at, _, fs in os.walk(folder) for f in fs
               if f.endswith('.py') and 'site-packages' not in at and '/test' not in at)
draw = random.Random(1)
class Change(ast.NodeTransformer):
    def __init__(self, at): self.at = at; self.n = 0; self.done = False
    def visit(self, node):
        kinds = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Lt: ast.LtE, ast.Eq: ast.NotEq, ast.And: ast.Or, ast.Or: ast.And, ast.Is: ast.IsNot, ast.In: ast.NotIn}
        can = type(node) in kinds or isinstance(node, (ast.Name, ast.Attribute, ast.Return)) or (isinstance(node, ast.Constant) and type(node.value) in (int, bool))
        if can:
            self.n += 1
            if self.n == self.at:
                self.done = True
                if isinstance(node, ast.Name): node.id += '_'
                elif isinstance(node, ast.Attribute): node.attr += '_'
                elif isinstance(node, ast.Return): return ast.Pass()
                elif isinstance(node, ast.Constant): node.value = (not node.value) if type(node.value) is bool else node.value + 1
                else: return kinds[type(node)]()
                return node
        return self.generic_visit(node)
out = []
for path in draw.sample(paths, min(60, len(paths))):
    try:
        text = open(path, encoding='utf8', newline='').read()
        tree = ast.parse(text)
        again = ast.unparse(tree)
    except (SyntaxError, UnicodeDecodeError, ValueError, RecursionError):
        continue
    imports = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [[node.lineno, a.name, 0, []] for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module != '__future__':
            imports.append([node.lineno, node.module or '', node.level, [a.name for a in node.names]])
    change = Change(draw.randrange(1, 60))
    changed = ast.unparse(ast.fix_missing_locations(change.visit(ast.parse(text))))
    out.append([path, text, again, changed if change.done else None, imports])
print(json.dumps(out))
`;

describe.skipIf(python === null)('beside the ast of Python itself', () => {
  const files = (python === null ? [] : askPython(READ_LIBRARY, null)) as [
    string,
    string,
    string,
    string | null,
    [number, string, number, string[]][],
  ][];

  it('a text made anew of its syntax counts the same, whatever its layout, quotes and brackets', () => {
    const others = files.filter(([, text, again]) => {
      const [one, other] = [facts(text), facts(again)];
      return one.digestWithDocstrings !== other.digestWithDocstrings;
    });
    expect(files.length).toBeGreaterThan(40);
    // The grammar reads \`with a if b else c as d\` in another way than Python.
    expect(others.map(([path]) => path).filter((path) => !path.endsWith('compileall.py'))).toEqual(
      [],
    );
  });

  it('a change of one name, number, operator or statement counts', () => {
    const missed = files.filter(
      ([, text, , changed]) => changed !== null && digest(text) === digest(changed),
    );
    expect(missed.map(([path]) => path)).toEqual([]);
  });

  it('finds the imports that it finds', () => {
    const known = (list: readonly unknown[]) => list.map((one) => JSON.stringify(one)).sort();
    for (const [path, text, , , expected] of files) {
      const { imports, blind } = facts(text);
      // Those that are called by name are found besides, and those for type checkers left out.
      if (/__import__|import_module|run_module|TYPE_CHECKING/.test(text)) continue;
      const found = imports.map(({ line, module, level, names }) => [line, module, level, names]);
      expect(known(found), path).toEqual(known(expected));
      expect(
        blind.filter(({ what }) => what.includes('not read as Python')),
        path,
      ).toEqual([]);
    }
  });
});

describe('what counts of a module', () => {
  it.each([
    ['comments and layout', 'x = f(1,2) # why\n', 'x = f(\n    1,\n    2,\n)\n'],
    ['quote styles', "x = 'a\"' 'b'\n", 'x = """a"b"""\n'],
    ['how numbers are written', 'x = 0xFF + 1_000.0\n', 'x = 255 + 1e3\n'],
    [
      'brackets that change nothing',
      'for (a, b) in (c): return_((a), b)\n',
      'for a, b in c:\n  return_(a, b)\n',
    ],
    [
      'docstrings',
      'def f():\n  "does this"\n  return 1\n',
      'def f():\n  """does that"""\n  return 1\n',
    ],
    ['elif', 'if a: b\nelif c: d\n', 'if a:\n b\nelse:\n if c:\n  d\n'],
  ])('not %s', (_, one, other) => {
    expect(digest(one)).toBe(digest(other));
  });

  it.each([
    ['a text', "x = 'a'\n", "x = 'b'\n"],
    ['bytes beside text', "x = 'a'\n", "x = b'a'\n"],
    ['an escape beside what is raw', "x = '\\n'\n", "x = r'\\n'\n"],
    ['what a format says', "x = f'{a:>3}'\n", "x = f'{a:>4}'\n"],
    ['what a raw text says', "x = r'\\a'\n", "x = r'\\b'\n"],
    ['a tuple of one', 'x = (1)\n', 'x = (1,)\n'],
    ['where a slice ends', 'x = y[1:]\n', 'x = y[:1]\n'],
    ['indentation', 'if a:\n  b\n  c\n', 'if a:\n  b\nc\n'],
    ['brackets that change something', 'x = (a + b) * c\n', 'x = a + b * c\n'],
    ['the order of statements', 'a()\nb()\n', 'b()\na()\n'],
    ['a text that is no docstring', 'x = 1\n"a"\ny = f("b")\n', 'x = 1\n"a"\ny = f("c")\n'],
  ])('%s', (_, one, other) => {
    expect(digest(one)).not.toBe(digest(other));
  });

  it('docstrings where they are asked for', () => {
    const reader = 'parser = ArgumentParser(description=__doc__)\n';
    expect(facts(reader).readsDocstrings).toBe(true);
    const [one, other] = [facts('"a"\nx = 1\n'), facts('"b"\nx = 1\n')];
    expect(one.digest).toBe(other.digest);
    expect(one.digestWithDocstrings).not.toBe(other.digestWithDocstrings);
  });

  it('all of a text that is no Python', () => {
    expect(digest('print "a" +\n')).not.toBe(digest('print "a" + # b\n'));
    expect(facts('x = (\n').blind[0]?.what).toContain('not read as Python');
  });
});

describe('what a module imports', () => {
  it('names that literals give', () => {
    const text = [
      'import importlib',
      "a = importlib.import_module('pkg.a')",
      "b = importlib.import_module('.b', package='pkg')",
      "c = importlib.import_module('.c', __package__)",
      "d = __import__('d')",
    ].join('\n');
    const { imports, blind } = facts(text);
    const named = imports.map(({ module, level }) => '.'.repeat(level) + module);
    expect(named).toEqual(['importlib', 'pkg.a', 'pkg.b', '.c', 'd']);
    expect(blind).toEqual([]);
  });

  it('nothing that stands for type checkers alone', () => {
    const text = [
      'from typing import TYPE_CHECKING',
      'if TYPE_CHECKING:\n  import a\nelse:\n  import b',
      'if not TYPE_CHECKING:\n  import c',
    ].join('\n');
    expect(facts(text).imports.map(({ module }) => module)).toEqual(['typing', 'b', 'c']);
    const own = 'TYPE_CHECKING = True\nif TYPE_CHECKING:\n  import a\n';
    expect(facts(own).imports.map(({ module }) => module)).toEqual(['a']);
  });

  it('tells where it cannot be told', () => {
    const text = [
      'import importlib, sys',
      'importlib.import_module(name)',
      "exec('x = 1')",
      'sys.path.insert(0, folder)',
      'sys.path = []',
      'f"{__import__(a)}"',
    ].join('\n');
    const found = facts(text).blind.map(({ line, column }) => [line, column]);
    expect(found).toEqual([
      [2, 1],
      [3, 1],
      [4, 1],
      [5, 1],
      [6, 4],
    ]);
  });

  it('folders that are added by expressions of paths', () => {
    const text = [
      'import os, sys',
      'from pathlib import Path',
      'HERE = Path(__file__).resolve().parent',
      "sys.path.insert(0, str(HERE.parent / 'src'))",
      "sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))",
      "sys.path.append('vendored')",
    ].join('\n');
    const { paths, blind } = facts(text);
    expect(blind).toEqual([]);
    expect(paths.map(({ from, path, use }) => [from, path, use])).toEqual([
      ['file', '../../src', 'first'],
      ['file', '../../lib', 'last'],
      ['folder', 'vendored', 'last'],
    ]);
  });
});
