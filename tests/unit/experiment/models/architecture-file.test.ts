import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  formatArchitecture,
  readArchitecture,
} from '../../../../experiment/models/architecture-file.ts';
import { findModel, MODEL_NAMES } from '../../../../experiment/models/registry.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'architecture-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string) {
  const path = join(folder, 'architecture.json');
  await writeFile(path, text);
  return readArchitecture(path);
}

describe('the file of a model', () => {
  it.each(MODEL_NAMES)('gives back %s, shapes and parameters included', async (name) => {
    for (const width of [1, 0.25]) {
      const model = findModel(name, { width });
      expect(await read(formatArchitecture(model))).toEqual(model);
    }
  });

  const text = formatArchitecture(findModel('Net'));
  it.each([
    [
      'a kind of layer that is unknown',
      text.replace('"relu"', '"gelu"'),
      /kind must be equal to one of/,
    ],
    ['a layer without a setting', text.replace(/"units":\d+,/, ''), /units/],
    [
      'a layer with a setting too many',
      text.replace('"kind":"relu"', '"kind":"relu","slope":1'),
      /relu/,
    ],
    [
      'a layer that reads what is not there',
      text.replace('"reads":["images"]', '"reads":["0.conv"]'),
      /layer 0 reads 0\.conv/,
    ],
    ['shapes that do not fit', text.replace('[3,28,28]', '[3,2,2]'), /holds no model/],
    ['no JSON', text.slice(1), /is not JSON/],
  ])('is refused with %s', async (_, damaged, message) => {
    expect(damaged).not.toBe(text);
    await expect(read(damaged)).rejects.toThrow(message);
  });
});
