import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

const MODULE = pathToFileURL(
  join(import.meta.dirname, '../../../../pipeline/fingerprint/device-state.ts'),
);
const TSX = import.meta.resolve('tsx');
const CALL = `
const { readDeviceState } = await import(process.argv[1]);
process.stdout.write(readDeviceState(process.argv[2]));
`;

/** The state that a process sees which is not root's, whom everything lets in. */
function look(path: string): string {
  const user = process.getuid?.() === 0 ? { uid: 65534 } : {};
  const args = ['--import', TSX, '--input-type=module', '--eval', CALL, MODULE.href, path];
  return execFileSync(process.execPath, args, { encoding: 'utf8', cwd: '/', ...user });
}

it('is another where a process is let into a device that it was not let into', () => {
  const folder = makeFolder();
  chmodSync(folder, 0o755);
  const device = join(folder, 'renderD128');
  execFileSync('mkfifo', [device]);
  chmodSync(device, 0o000);
  const closed = { device: look(device), folder: look(folder) };
  chmodSync(device, 0o666);
  expect(look(device)).not.toBe(closed.device);
  expect(look(folder)).not.toBe(closed.folder);
  chmodSync(device, 0o000);
  expect(look(device)).toBe(closed.device);
});
