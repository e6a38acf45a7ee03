import { expect, test } from 'vitest';
import { listSources, readSource } from '../fixtures/sources.ts';

/** What stages, commands and probes are called by, and the seam of the two ONNX layouts: one shape each. */
const SHARED = /^(run|main|probe|lower[A-Z]\w*)$/;
const EXPORT =
  /^export (?:abstract )?(?:async )?(?:function\*?|const|class|interface|type|enum) (\w+)/gm;

test('what two files export has two names', () => {
  const files = ['pipeline', 'stages', 'experiment', 'commands']
    .flatMap(listSources)
    .filter((path) => !path.startsWith('pipeline/init/templates/'));
  const places = new Map<string, Set<string>>();
  for (const path of files) {
    for (const [, name = ''] of readSource(path).matchAll(EXPORT)) {
      places.set(name, (places.get(name) ?? new Set()).add(path));
    }
  }
  expect(places.size).toBeGreaterThan(500);
  const twice = [...places].filter(([name, paths]) => paths.size > 1 && !SHARED.test(name));
  expect(twice.map(([name, paths]) => `${name}: ${[...paths].join(' ')}`)).toEqual([]);
});
