import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { INSTALL_ONNX } from '../../../experiment/training/onnx/devices.ts';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';

const description = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};

it('packs the program and the experiment, and nothing that was made or tests', () => {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [packed] = JSON.parse(printed) as { files: { path: string }[] }[];
  const paths = packed?.files.map(({ path }) => path) ?? [];
  expect([...new Set(paths.map((path) => path.split('/')[0]))].sort()).toEqual([
    ...['CHANGELOG.md', 'CITATION.cff', 'LICENSE', 'README.md', 'bin', 'claims.yaml', 'commands'],
    ...['experiment', 'package.json', 'pipeline', 'pipeline.yaml', 'stages', 'templates'],
  ]);
  const needed = (folder: string) =>
    readdirSync(join(REPOSITORY, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(REPOSITORY.length + 1));
  for (const folder of ['bin', 'commands', 'experiment', 'pipeline', 'stages', 'templates']) {
    expect(paths).toEqual(expect.arrayContaining(needed(folder)));
  }
});

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
