/** Trainings on a machine with several adapters, which are copies of the one that is here. */

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnGpu } from '../../contract/training/webgpu.ts';
import { makeFolder, removeFolders } from '../../fixtures/folder.ts';
import { ProjectCopy } from '../../fixtures/project.ts';

const NODES = ['train/MLP1_0.0_none', 'train/MLP1_0.5_none'];
const TINY = ['dataset.train=32', 'dataset.test=16', 'training.epochs=1', 'training.width=0.0625'];
const NAME = 'SwiftShader Device';

let project: ProjectCopy;
beforeAll(() => {
  project = new ProjectCopy();
});
afterAll(() => {
  project.remove();
  removeFolders();
});

/** A driver like the one that is here, whose adapter has a name of its own. @returns its file */
function copyDriver(name: string): string {
  const file = process.env['VK_DRIVER_FILES'] ?? '';
  const driver = JSON.parse(readFileSync(file, 'utf8')) as { ICD: { library_path: string } };
  const folder = makeFolder();
  const library = join(folder, 'driver.so');
  copyFileSync(driver.ICD.library_path, library);
  const bytes = readFileSync(library).toString('latin1');
  writeFileSync(library, Buffer.from(bytes.replaceAll(NAME, name), 'latin1'));
  const copy = join(folder, 'driver.json');
  writeFileSync(copy, JSON.stringify({ ...driver, ICD: { ...driver.ICD, library_path: library } }));
  return copy;
}

/** Trains twice side by side. @returns what was said of adapters */
async function train(drivers: readonly string[]): Promise<string[]> {
  const settings = [...TINY, 'engine.name=webgpu'].flatMap((set) => ['--set', set]);
  const args = ['run', ...NODES, '--force', '--profile', 'quick', '--jobs', '2', ...settings];
  const env = { ...process.env, VK_DRIVER_FILES: drivers.join(':') };
  const { code, stdout, stderr } = await project.pipeline(args, env);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return `${stdout}${stderr}`.split('\n').filter((line) => /Computes on|the GPU/.test(line));
}

await describeOnGpu(() => {
  it.runIf(process.env['VK_DRIVER_FILES']?.includes('swift'))(
    'computes on adapters of one model alone, and says where it cannot tell equal ones apart',
    async () => {
      const equal = await train([copyDriver(NAME), copyDriver(NAME)]);
      expect(equal.filter((line) => line.includes('Computes on'))).toHaveLength(2);
      expect(equal.filter((line) => line.includes('the GPU 1 cannot be told'))).toHaveLength(1);
      const mixed = await train([copyDriver(NAME), copyDriver('SwiftShader Second')]);
      const [first, second, ...more] = mixed.filter((line) => line.includes('Computes on'));
      expect(more).toEqual([]);
      expect(first?.split('Computes')[1]).toBe(second?.split('Computes')[1]);
      const other = mixed.filter((line) => line.includes('the GPU 1 is SwiftShader'));
      expect(other).toHaveLength(1);
      expect(other[0]).toContain('what another model computes is another result');
    },
  );
});
