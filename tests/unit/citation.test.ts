import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { REPOSITORY } from '../fixtures/project.ts';

it('is cited by the version and licence that the package has', () => {
  const read = (file: string) => readFileSync(join(REPOSITORY, file), 'utf8');
  const { version, license } = JSON.parse(read('package.json')) as Record<string, string>;
  expect(parse(read('CITATION.cff'))).toMatchObject({
    'cff-version': '1.2.0',
    version,
    license,
    references: [{ type: 'conference-paper', url: 'https://arxiv.org/abs/1611.03530' }],
  });
});
