import { execFileSync } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, parseEvents, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Commits the pipeline as it was before `without` and `rows` were declared to have metrics. */
const GIT = `git init -q
sed 's/out.without, metrics: true/out\\/without/' pipeline.yaml > then.yaml && mv pipeline.yaml now.yaml && mv then.yaml pipeline.yaml
printf '.pipeline\\nout\\nnow.yaml\\n' > .gitignore && git add -A
git -c user.name=a -c user.email=a@b commit -qm then && mv now.yaml pipeline.yaml`;

const stage = (name: string, more = ', metrics: true') =>
  `  ${name}: { command: 'cat {{ inputs.i }} > {{ outputs.o }}', inputs: { i: ${name} }, outputs: { o: { path: out/${name}${more} } } }`;

it('the summary of a stage is taken from outputs with metrics', async () => {
  const files = {
    json: '{\n "accuracy": 0.5,\n "test": { "loss": NaN, "matrix": [[1]] }, "none": null, "tuned": true }\n',
    lines: '{"epoch": 1, "loss": 2}\n{"epoch": 2, "loss": 1.5}\n\n',
    table: 'a,b\n1,2\n',
    list: '[1, 2]',
  };
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
${Object.keys(files)
  .map((name) => stage(name))
  .join('\n')}
  module: { module: m.ts, outputs: { o: { path: out/module, metrics: true, volatile: true } } }
  without: { command: 'cat {{ inputs.i }} > {{ outputs.o }}', inputs: { i: json }, outputs: { o: { path: out/without } } }
  rows: { command: 'cat table > {{ outputs.o }}', outputs: { o: { path: out/rows } } }
`,
    'm.ts': `import { writeFileSync } from 'node:fs';
export async function run({ emit, outputs }) {
  emit({ type: 'summary', values: { a: 1, b: 1 } });
  writeFileSync(outputs.o, '{"b": 2}');
}`,
    ...files,
  });
  const result = await workspace.run(['--json']);
  expect(result, result.stdout).toMatchObject({ code: 0, signal: null });
  const events = parseEvents(result);
  const summaries = events.flatMap((one) =>
    one.type === 'node-finished' ? [[one.node, one.summary] as const] : [],
  );
  expect(Object.fromEntries(summaries)).toEqual({
    json: { accuracy: 0.5, 'test.loss': 'NaN', tuned: true },
    lines: { epoch: 2, loss: 1.5 },
    table: {},
    list: {},
    module: { a: 1, b: 2 },
    without: {},
    rows: {},
  });
  const warnings = events.flatMap((one) =>
    one.type === 'node-event' && one.event.type === 'message' ? [one.event.text] : [],
  );
  expect(warnings.sort()).toEqual([
    'the metrics in out/list are left out: it is a list, where an object like {"accuracy": 0.9} is expected',
    expect.stringMatching(
      /^the metrics in out\/table are left out: it is neither a JSON object nor lines of them: /,
    ),
  ]);
  // It is in no fingerprint.
  workspace.edit('pipeline.yaml', 'path: out/without', 'path: out/without, metrics: true');
  workspace.edit('pipeline.yaml', 'path: out/json, metrics: true', 'path: out/json');
  workspace.edit('pipeline.yaml', 'path: out/rows', 'path: out/rows, metrics: true');
  expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 7 });
  // What was made before is read again, for looks at today and at past runs.
  const compare = (...args: string[]) =>
    workspace.start(['compare', 'without', 'rows', ...args, '--json']).result;
  const metrics = { accuracy: 0.5, 'test.loss': 'NaN', tuned: true };
  const today = await compare();
  expect(JSON.parse(today.stdout)).toMatchObject([{ cell: 'without', metrics }]);
  expect(today.stderr).toMatch(
    /^\[warning\] rows: the metrics in out\/rows are left out: it is neither a JSON object [^\n]*\n$/,
  );
  const beside = await compare('--with', 'latest~1');
  expect(JSON.parse(beside.stdout)).toMatchObject([{ metrics, with: metrics }]);
  // Also where a commit of before that is compared with.
  execFileSync('bash', ['-euc', GIT], { cwd: workspace.path });
  const then = await compare('--with', 'git:HEAD');
  expect(JSON.parse(then.stdout)).toMatchObject([{ metrics, with: metrics }]);
  workspace.edit('json', '0.5', '0.75');
  await workspace.run(['without']);
  const { stdout } = await workspace.start(['diff', 'latest~1', 'latest']).result;
  expect(stdout).toMatch(/\nwithout +accuracy +0\.5 +0\.75 +\+0\.25\n\n/);
});
