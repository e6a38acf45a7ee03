import { createHash } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PIPELINE = `version: 1
params: { round: 1 }
stages:
  part:
    command: echo {{ round }} > {{ outputs.time }}; echo part {{ k }} > {{ outputs.part }}
    matrix: { k: [1, 2] }
    outputs:
      part: "parts/{{ k }}"
      time: { path: "times/{{ k }}", volatile: true }
  told:
    module: tell.mjs
    inputs:
      parts: { from: part, output: part, provenance: true }
      times: { from: part, output: time, provenance: true }
    outputs: { told: told.json }
  untold:
    module: tell.mjs
    inputs: { parts: { from: part, output: part } }
    outputs: { told: untold.json }
`;

const TELL = `import { writeFileSync } from 'node:fs';
export async function run({ inputs, outputs }) {
  writeFileSync(outputs.told, JSON.stringify(inputs, null, 1));
}
`;

const makeParts = () => makeWorkspace({ 'pipeline.yaml': PIPELINE, 'tell.mjs': TELL });

interface Told {
  readonly node: string;
  readonly fingerprint?: string;
  readonly sha256?: string | null;
}

it('tells a stage the results that its inputs belong to, and only where it asks', async () => {
  const workspace = makeParts();
  await workspace.run();
  const fingerprints = new Map(
    (await workspace.status()).map(({ node, fingerprint }) => [node, fingerprint]),
  );
  const { parts, times } = JSON.parse(workspace.read('told.json')) as Record<string, Told[]>;
  expect(parts?.map(({ node }) => node)).toEqual(['part/1', 'part/2']);
  for (const { node, fingerprint, sha256 } of parts ?? []) {
    expect(fingerprint).toBe(fingerprints.get(node));
    const bytes = workspace.read(node.replace('part', 'parts'));
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
  for (const { node, fingerprint, sha256 } of times ?? []) {
    expect(fingerprint).toBe(fingerprints.get(node));
    expect(sha256).toBeNull();
  }
  expect(workspace.read('untold.json')).not.toMatch(/fingerprint|sha256/);
});

it('runs a stage again that is told of results made anew with the same bytes, and says why', async () => {
  const workspace = makeParts();
  await workspace.run();
  const again = ['--set', 'round=2'];
  const { executed, cached } = await workspace.run(again);
  expect({ executed, cached }).toEqual({ executed: 3, cached: 1 });
  const { stdout: line } = await workspace.start(['why', 'told', ...again]).result;
  expect(line).toContain('made anew with the same bytes');
  expect(line).toContain('parameter round 1 → 2');
  expect((await workspace.run(again)).executed).toBe(0);
});

it('refuses provenance of an input whose values alone count', async () => {
  const workspace = makeParts();
  workspace.edit('pipeline.yaml', 'output: part, prov', 'output: part, as: params, prov');
  const { code, stderr } = await workspace.run();
  expect(code).toBe(2);
  expect(stderr).toMatch(/pipeline\.yaml:\d+:\d+: the input "parts" of stage "told"/);
});
