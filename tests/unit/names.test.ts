import { expect, test } from 'vitest';
import { readDocstrings } from '../fixtures/docstrings.ts';
import { listSources, readSource } from '../fixtures/sources.ts';

/** Copied into new workspaces, whose modules are not of this program. */
const TEMPLATE = 'pipeline/init/workspace/';
/** What a contract asks every stage and every command to export. */
const ENTRIES = ['run', 'main'];
/** The two layouts have one interface, function by function, and no module knows both. */
const LAYOUTS = /^experiment\/training\/onnx\/(blocked|plain)\//;

test('no name is exported for two things', () => {
  const places = new Map<string, string[]>();
  const paths = ['pipeline', 'stages', 'experiment', 'commands'].flatMap(listSources);
  for (const path of paths.filter((one) => !one.startsWith(TEMPLATE))) {
    for (const { name } of readDocstrings(path, readSource(path)).exported) {
      if (name.includes('.') || ENTRIES.includes(name)) continue;
      places.set(name, [...(places.get(name) ?? []), path]);
    }
  }
  const double = [...places]
    .filter(([, paths]) => paths.length > 1 && !paths.every((path) => LAYOUTS.test(path)))
    .map(([name, paths]) => `${name}: ${paths.join(', ')}`);
  expect(double).toEqual([]);
});
