import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeFolder, removeFolders, writeInto } from '../../fixtures/folder.ts';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';
import { readWorkflow } from '../../fixtures/workflow.ts';

type GitlabFile = Readonly<Record<string, { readonly script: readonly string[] }>>;

const page = readFileSync(join(REPOSITORY, 'docs/publishing.md'), 'utf8');
const [, snippet = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
const jobs = parse(snippet) as GitlabFile;

/** Stands in for npm and npx: the commands are run in the workflow's own test. */
const PROGRAM = `#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in *publish*) mkdir -p dist && echo new > dist/manifest.json ;; esac
`;

let server: Server;
let requests: string[];
let folder: string;
beforeEach(async () => {
  requests = [];
  folder = makeFolder();
  const earlier = makeFolder({ 'manifest.json': 'old' });
  const archive = execFileSync('tar', ['-cz', '-C', earlier, '.']);
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method, url, headers } = request;
      const token = headers['job-token'] ?? headers['private-token'];
      requests.push(`${method} ${url} ${token} ${Buffer.concat(parts)}`.trim());
      response.writeHead(url?.includes('/main/') || method === 'POST' ? 200 : 404);
      response.end(method === 'POST' ? '{}' : archive);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mkdirSync(join(folder, 'bin'));
  for (const name of ['npm', 'npx']) {
    writeFileSync(join(folder, 'bin', name), PROGRAM);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
});
afterEach(() => server.close());
afterAll(removeFolders);

/** Runs a job's lines in one shell, as GitLab's runner does. */
function runScript(job: string, branch = 'main') {
  const { port } = server.address() as AddressInfo;
  const lines = (jobs[job]?.script ?? []).join('\n');
  return runCommand(['bash', '-eo', 'pipefail', '-c', lines], folder, {
    PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
    CALLS: join(folder, 'calls'),
    TARGET: 'all',
    PROFILE: 'quick',
    SETTINGS: 'seeds=2 models=[MLP1]',
    CI_API_V4_URL: `http://127.0.0.1:${port}/api/v4`,
    CI_PROJECT_ID: '5',
    CI_DEFAULT_BRANCH: branch,
    CI_JOB_TOKEN: 'job',
    CI_MERGE_REQUEST_IID: '7',
    GITLAB_TOKEN: 'project',
  });
}

describe("the page's GitLab jobs", () => {
  it('run the commands of the workflow, and compare with the publication of the main branch', async () => {
    const { code, stderr } = await runScript('figures');
    expect(code, stderr).toBe(0);
    expect(readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')).toEqual([
      'npm ci --no-audit --no-fund',
      'npx pipeline run all --profile quick --set=seeds=2 --set=models=[MLP1]',
      'npx pipeline publish --out dist --profile quick --set=seeds=2 --set=models=[MLP1] --base base',
      'npx pipeline cache gc --days 7',
    ]);
    expect(readFileSync(join(folder, 'base/manifest.json'), 'utf8')).toBe('old');
    const archived = execFileSync('tar', ['-xzOf', 'publication.tar.gz', './manifest.json'], {
      cwd: folder,
    });
    expect(archived.toString()).toBe('new\n');
    const steps = readWorkflow('figures.yml').jobs['figures']?.steps ?? [];
    const lines = steps.flatMap(({ run = '' }) => run.trim().split('\n'));
    const shared =
      jobs['figures']?.script.filter((line) => /^(np[mx]|read|base=)/.test(line)) ?? [];
    expect(shared).toHaveLength(6);
    for (const line of shared) expect(lines).toContain(line);
  });

  it('go on where there is nothing to compare with yet', async () => {
    expect((await runScript('figures', 'none')).code).toBe(0);
    expect(existsSync(join(folder, 'base'))).toBe(false);
    expect(readFileSync(join(folder, 'calls'), 'utf8')).not.toContain('--base');
    expect((await runScript('comment')).code).toBe(0);
    expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  it('tell a merge request what moved, and publish pages', async () => {
    writeInto(folder, 'dist/comparison.md', '#Moved\n');
    const { code, stderr } = await runScript('comment');
    expect(code, stderr).toBe(0);
    expect(requests).toEqual([
      'POST /api/v4/projects/5/merge_requests/7/notes project body=%23Moved%0A',
    ]);
    expect((await runScript('pages')).code).toBe(0);
    expect(existsSync(join(folder, 'public/comparison.md'))).toBe(true);
  });
});
