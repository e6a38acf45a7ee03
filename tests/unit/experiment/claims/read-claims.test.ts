import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseClaims } from '../../../../experiment/claims/read-claims.ts';
import { REPOSITORY } from '../../../fixtures/project.ts';

const GOOD = `version: 1
paper: { title: A paper, url: "https://example.org" }
claims:
  - id: first
    statement: It is so.
    place: section 1
    check: { kind: all, where: { p: 1 }, expect: { reached: true } }
`;

describe('parseClaims', () => {
  it('reads the claims of this project', () => {
    const text = readFileSync(join(REPOSITORY, 'claims.yaml'), 'utf8');
    const { claims } = parseClaims('claims.yaml', text);
    expect(claims.map(({ id }) => id)).toContain('random-labels-are-chance');
  });

  it.each([
    [
      'kind: all',
      'kind: al',
      'claims.yaml:7:20: claims.0.check.kind must be equal to one of the allowed values: all, chance, trend, compare; found "al"',
    ],
    [
      'place: section 1',
      'where: section 1',
      `claims.yaml:6:5: claims.0 has an unknown key "where"`,
    ],
    ['expect: {', 'expects: {', 'has an unknown key "expects"'],
    ['{ p: 1 }', '{ p: { over: 1 } }', 'claims.0.check.where.p has an unknown key "over"'],
    ['version: 1', 'version: 2', 'claims.yaml:1:10: version must be equal to constant; found 2'],
    ['{ p: 1 }', '{ p: 1', 'claims.yaml:8:1: not valid YAML'],
    ['{ p: 1 }', '*missing', 'claims.yaml: not valid YAML: Unresolved alias'],
  ])('tells place and mistake of %s → %s', (from, to, message) => {
    expect(() =>
      parseClaims(
        'claims.yaml',
        GOOD.replace(from, () => to),
      ),
    ).toThrow(message);
  });

  it('refuses an id that is used twice', () => {
    const again = GOOD.slice(GOOD.indexOf('  - id'));
    expect(() => parseClaims('claims.yaml', GOOD + again)).toThrow(
      'claims.yaml:8:9: the id "first" is used twice',
    );
  });

  it('names every mistake, not only the first', () => {
    const bad = GOOD.replace('statement', 'says').replace('version: 1', 'version: 9');
    expect(() => parseClaims('claims.yaml', bad)).toThrow(/version .*\n.*claims\.0/s);
  });
});
