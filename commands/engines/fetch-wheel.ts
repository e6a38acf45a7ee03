/** Fetches TensorFlow from Python's package index with pip, and checks every byte of it. */

import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fail } from '../../experiment/data/failure.ts';
import { lastLines, type ProgramOptions, runProgram } from '../run-program.ts';
import type { Tool } from './find-tools.ts';
import type { Staging } from './staging.ts';
import { examineFolder, type TensorFlowFiles } from './tensorflow-files.ts';
import { UNPACK_WHEEL } from './unpack-wheel.ts';

/** A wheel as pip's report names it. */
interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

/** An entry of `pip install --report`: the parts that are read. */
interface Reported {
  readonly metadata: { readonly name: string; readonly version: string };
  readonly download_info: {
    readonly url: string;
    readonly archive_info?: { readonly hashes?: { readonly sha256?: string } };
  };
}

/**
 * Asks the index which wheels there are, with their SHA-256, downloads exactly those, and unpacks
 * libraries and headers. With `gpu`, CUDA's libraries come from NVIDIA's wheels.
 *
 * @throws StageFailure where the index does not have it, or what comes is not what the index says
 */
export async function fetchTensorFlow(
  python: Tool,
  { gpu }: { readonly gpu: boolean },
  { $, folder, signal }: Staging,
): Promise<TensorFlowFiles> {
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const options: ProgramOptions = {
    cwd: folder,
    signal,
    env: {
      TMPDIR: temporary,
      // Between the two runs of pip; the user's own cache stays as it is.
      PIP_CACHE_DIR: join(folder, 'pip-cache'),
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_NO_INPUT: '1',
    },
  };
  const pip = [...python.args, '-m', 'pip'];
  const run = async (args: readonly string[]) => {
    const result = await runProgram($, [python.command, ...pip, ...args], options);
    if (result.code !== 0) failToFetch(python, args, lastLines(result));
  };
  const report = join(folder, 'report.json');
  const what = requirement(gpu);
  const depth = gpu ? [] : ['--no-deps'];
  const binary = '--only-binary=:all:';
  await run([
    'install',
    '--dry-run',
    '--ignore-installed',
    ...depth,
    binary,
    '--report',
    report,
    what,
  ]);
  const wheels = readReport(report);
  const list = join(folder, 'requirements.txt');
  writeFileSync(
    list,
    wheels
      .map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`)
      .join(''),
  );
  const downloads = join(folder, 'wheels');
  await run(['download', '--no-deps', binary, '--require-hashes', '--dest', downloads, '-r', list]);
  const site = join(folder, 'site');
  mkdirSync(site);
  for (const wheel of wheels) {
    const path = join(downloads, wheel.file);
    await verify(path, wheel);
    const unpack = [python.command, ...python.args, '-c', UNPACK_WHEEL, path, site];
    const result = await runProgram($, unpack, options);
    if (result.code !== 0) fail(`${wheel.file} cannot be unpacked:\n${lastLines(result, 3)}`);
  }
  const [{ name, version } = { name: what, version: '' }] = wheels;
  const found = examineFolder(
    join(site, 'tensorflow'),
    `${name} ${version} of Python's package index`,
  );
  return typeof found === 'string'
    ? fail(`${name} ${version} is not what was expected: ${found}`)
    : found;
}

/** The build for CPUs alone is a third of the size; it exists for this platform only. */
function requirement(gpu: boolean): string {
  if (gpu) return 'tensorflow[and-cuda]';
  return process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
}

/** TensorFlow's own wheel first, then NVIDIA's; the rest is for Python alone. */
function readReport(path: string): readonly Wheel[] {
  const { install } = JSON.parse(readFileSync(path, 'utf8')) as { install: readonly Reported[] };
  const wheels = install.flatMap(({ metadata, download_info }): Wheel[] => {
    const { name, version } = metadata;
    if (!/^(tensorflow([-_]cpu)?|nvidia[-_].*)$/i.test(name)) return [];
    const file = basename(decodeURIComponent(new URL(download_info.url).pathname));
    const sha256 = download_info.archive_info?.hashes?.sha256;
    if (sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256))
      return [{ name, version, file, sha256 }];
    return fail(
      `the index of pip gives no SHA-256 for ${file}, so that it cannot be checked; download it ` +
        'yourself, unpack it, and name the folder with --libtensorflow',
    );
  });
  const isTensorFlow = ({ name }: Wheel) => /^tensorflow/i.test(name);
  return [...wheels.filter(isTensorFlow), ...wheels.filter((wheel) => !isTensorFlow(wheel))];
}

async function verify(path: string, { file, sha256 }: Wheel): Promise<void> {
  if (!readdirSync(join(path, '..')).includes(file)) {
    fail(`pip downloaded ${readdirSync(join(path, '..')).join(', ')} where ${file} was expected`);
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const found = hash.digest('hex');
  if (found === sha256) return;
  fail(`${file} is damaged: its SHA-256 is ${found}, but the index says ${sha256}; try again`);
}

function failToFetch(python: Tool, args: readonly string[], lines: string): never {
  return fail(
    `pip ${args[0]} failed:\n${lines}\n` +
      `TensorFlow may have no wheel for Python ${python.version} (another one: --python <exe>), or the ` +
      'index cannot be reached. A library that you have: --libtensorflow <dir>',
  );
}
