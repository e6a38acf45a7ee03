import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { beginsAnew } from '../../../../pipeline/executor/begins-anew.ts';
import { makeFolder, removeFolders, writeInto } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

it('is so where neither a shorter result nor anything of an earlier attempt is there', () => {
  const scratch = makeFolder();
  expect(beginsAnew({ previous: null, scratch: join(scratch, 'missing') })).toBe(true);
  expect(beginsAnew({ previous: null, scratch })).toBe(true);
  expect(beginsAnew({ previous: { value: 2, outputs: {} }, scratch })).toBe(false);
  writeInto(scratch, 'checkpoint', 'of epoch 19');
  expect(beginsAnew({ previous: null, scratch })).toBe(false);
});
