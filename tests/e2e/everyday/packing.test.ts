import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { INSTALL_ONNX } from '../../../experiment/training/onnx/devices.ts';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';

const description = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};

it('packs the engine and the experiment apart, and nothing that was made or tests', () => {
  const args = ['pack', '--dry-run', '--json', '--workspaces', '--include-workspace-root'];
  const printed = execFileSync('npm', args, {
    cwd: REPOSITORY,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [experiment = [], engine = []] = (
    JSON.parse(printed) as { files: { path: string }[] }[]
  ).map(({ files }) => files.map(({ path }) => path).sort());
  expect([...new Set(experiment.map((path) => path.split('/')[0]))]).toEqual([
    ...['CHANGELOG.md', 'CITATION.cff', 'LICENSE', 'README.md', 'claims.yaml', 'commands'],
    ...['experiment', 'package.json', 'pipeline.yaml', 'stages', 'templates'],
  ]);
  for (const folder of ['commands', 'experiment', 'stages', 'templates']) {
    expect(experiment).toEqual(expect.arrayContaining(listKept(folder)));
  }
  expect(engine).toEqual(listKept('pipeline').map((path) => path.slice('pipeline/'.length)));
});

/** The files of a folder that are neither made nor ignored, sorted. */
function listKept(folder: string): string[] {
  const args = ['ls-files', '-co', '--exclude-standard', '--', folder];
  return execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' }).trim().split('\n').sort();
}

it('needs no package whose install script fetches from elsewhere', () => {
  const lock = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: true; dev?: true; optional?: true }>;
  };
  const scripted = Object.entries(lock.packages).filter(
    ([, { hasInstallScript, dev, optional }]) => hasInstallScript && !dev && !optional,
  );
  // It looks at its own program, which comes as a package.
  expect(scripted.map(([path]) => path)).toEqual(['node_modules/esbuild']);
});

it('names the version of onnxruntime-node that it is made for, where that is missing', () => {
  expect(INSTALL_ONNX).toMatch(
    ` onnxruntime-node@${description.peerDependencies['onnxruntime-node']}`,
  );
});

it('is started by npx without a word from npm', async () => {
  const { code, stderr } = await runCommand(['npx', 'pipeline', '--version'], REPOSITORY);
  expect([code, stderr]).toEqual([0, '']);
});
