import { describe, expect, test } from 'vitest';
import { findImports, listSources, readSource, type SourceImport } from '../fixtures/sources.ts';

/** Where the levels are written down. */
const DOCUMENT = 'docs/ARCHITECTURE.md';
const HEADING = '## Who may import whom';

/** The two programs, and the one file in which they meet, which only its name leads to. */
const ENGINE = ['pipeline'];
const EXPERIMENT = ['stages', 'experiment', 'commands'];
const CONTRACT = 'pipeline/contract/index.ts';

/** Copied into new workspaces, whose program it then imports by name: no part of either. */
const TEMPLATE = 'pipeline/init/templates/';

const sources = [...ENGINE, ...EXPERIMENT]
  .flatMap(listSources)
  .filter((path) => !path.startsWith(TEMPLATE));
const imports = sources.flatMap((path) => findImports(path, readSource(path)));
const levels = readLevels(readSource(DOCUMENT));

test('every file is in a folder that has a level', () => {
  const missing = sources
    .filter((path) => folderOf(path) === null)
    .map((path) => `${path}: give its folder a row under “${HEADING}” in ${DOCUMENT}`);
  expect(missing).toEqual([]);
});

test('every folder that has a level holds files', () => {
  const used = new Set(sources.map(folderOf));
  const empty = [...levels.keys()]
    .filter((folder) => !used.has(folder))
    .map((folder) => `${folder}/ stands under “${HEADING}” in ${DOCUMENT} and is not there`);
  expect(empty).toEqual([]);
});

test('every import leads to its own folder or to a lower level', () => {
  expect(imports.filter(isUpward).map(describeImport)).toEqual([]);
});

test('no files import each other in a ring, by types either', () => {
  expect(findRings(imports)).toEqual([]);
});

test('the engine and the experiment meet in the contract only, there in types, and by its name', () => {
  const across = imports.filter(({ from, to }) => programOf(from) !== programOf(to));
  expect(across).not.toEqual([]);
  const wrong = across.filter(({ to, isTypeOnly }) => !(isTypeOnly && to === CONTRACT));
  expect(wrong.map(describeImport)).toEqual([]);
});

describe('what the tests above go by', () => {
  test('every form of an import counts', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from '../b/b.ts';",
      "export { c } from './c.ts';",
      "export type * from './d.ts';",
      "import './e.ts';",
      "const f = await import('./f.ts');",
      "type G = import('./g.ts').G; import type { H } from 'rederive/contract';",
      "import { readFileSync } from 'node:fs'; // from './not.ts'",
    ].join('\n');
    const found = findImports('pipeline/x/x.ts', text);
    expect(found.map(({ to, line, isTypeOnly }) => `${line} ${to} ${isTypeOnly}`)).toEqual([
      '1 pipeline/x/a.ts false',
      '2 pipeline/b/b.ts true',
      '3 pipeline/x/c.ts false',
      '4 pipeline/x/d.ts true',
      '5 pipeline/x/e.ts false',
      '6 pipeline/x/f.ts false',
      '7 pipeline/x/g.ts true',
      '7 pipeline/contract/index.ts true',
    ]);
  });

  test('a ring is found however many files it has', () => {
    const edge = (from: string, to: string) => ({ from, to, line: 1, isTypeOnly: true });
    const edges = [edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('c', 'd'), edge('d', 'e')];
    expect(findRings(edges)).toEqual(['a b c']);
  });
});

/** The folders that the tables under the heading list, with the level of each. */
function readLevels(text: string): ReadonlyMap<string, number> {
  const section = text.split(`${HEADING}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| (\d+) \|([^|]*)\|/gm)];
  return new Map(
    rows.flatMap(([, level, folders = '']) =>
      [...folders.matchAll(/`([^`]+)\/`/g)].map(([, folder = '']) => [folder, Number(level)]),
    ),
  );
}

/** The folder with a level that a file is in, the innermost where they nest; null without one. */
function folderOf(path: string): string | null {
  const steps = path.split('/').slice(0, -1);
  for (let count = steps.length; count > 0; count--) {
    const folder = steps.slice(0, count).join('/');
    if (levels.has(folder)) return folder;
  }
  return null;
}

function programOf(path: string): 'engine' | 'experiment' {
  return ENGINE.includes(path.split('/')[0] ?? '') ? 'engine' : 'experiment';
}

/** Whether an import within a program leads to a folder of its own level or of a higher one. */
function isUpward({ from, to }: SourceImport): boolean {
  const [own, other] = [folderOf(from), folderOf(to)];
  if (own === null || other === null || own === other) return false;
  return programOf(from) === programOf(to) && levelOf(other) >= levelOf(own);
}

function levelOf(folder: string): number {
  return levels.get(folder) ?? 0;
}

function describeImport({ from, to, line }: SourceImport): string {
  const [own, other] = [folderOf(from) ?? '?', folderOf(to) ?? '?'];
  return `${from}:${line} imports ${to} (level ${levelOf(own)} → ${levelOf(other)}, ${DOCUMENT})`;
}

/** The files that reach each other by imports, each group as its sorted paths (Tarjan 1972). */
function findRings(edges: readonly SourceImport[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const known = targets.get(from);
    if (known === undefined) targets.set(from, [to]);
    else known.push(to);
  }
  const rings: string[] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (file: string): number => {
    order.set(file, order.size);
    let low = order.size - 1;
    open.push(file);
    for (const next of targets.get(file) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, order.get(next) ?? low);
    }
    if (low === order.get(file)) {
      const group = open.splice(open.indexOf(file));
      if (group.length > 1) rings.push(group.sort().join(' '));
    }
    return low;
  };
  for (const file of targets.keys()) if (!order.has(file)) visit(file);
  return rings;
}
