import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { hashBytes } from '../../../pipeline/fingerprint/canonical.ts';
import { isEventsModule } from '../../../pipeline/scripts/events-module-versions.ts';
import { python } from '../../fixtures/python.ts';
import { makeWorkspace, parseEvents, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const module = fileURLToPath(
  new URL('../../../pipeline/contract/pipeline_events.py', import.meta.url),
);

const TRAIN = `import sys
from pipeline_events import message, metrics, summary, track
for epoch in track(range(3), unit="epoch"):
    metrics(step=epoch, loss=1 / (epoch + 3), odd=float("nan"))
message("trained", level="warning")
if sys.argv[1] == "two":
    summary(accuracy=0.5)
    summary(test={"loss": 0.1})
open(sys.argv[2], "w").write("x")
`;
const PIPELINE = `version: 1
stages:
  train:
    command: python3 train.py {{ mode }} {{ outputs.o }}
    matrix: { mode: [one, two] }
    outputs: { o: "out/{{ mode }}" }
`;

const program = fileURLToPath(new URL('../../../pipeline/bin/pipeline.js', import.meta.url));
const hasTerminals = spawnSync('script', ['--version']).status === 0;

/** Much without a break, then a bar as tqdm draws it, in colour. */
const SAY = String.raw`head -c 3000000 /dev/zero | tr '\0' x
printf '\nfirst\n\r  0%%|    |\r \033[32m45%%|##  |\033[0m loss' >&2
`;

describe('a command', () => {
  it.skipIf(!hasTerminals)(
    'has in the live view the line that it printed last, of one that is redrawn what it shows now',
    async () => {
      const workspace = makeWorkspace({
        'pipeline.yaml': `version: 1
stages:
  one:
    command: bash say.sh; cat gate > {{ outputs.o }}
    outputs: { o: o }
`,
        'say.sh': SAY,
      });
      workspace.makeGate('gate');
      const line = `${process.execPath} ${program} run`;
      const terminal = spawn('script', ['-qec', line, '/dev/null'], {
        cwd: workspace.path,
        env: { ...process.env, TERM: 'xterm' },
      });
      let shown = '';
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
        shown += stripVTControlCharacters(text);
      });
      const ended = new Promise((resolve) => terminal.once('close', resolve));
      await workspace.until(() => /one 00:0\d\s+45%\|## {2}\| loss/.test(shown));
      await (await workspace.arrival('gate')).close();
      expect(await ended).toBe(0);
    },
  );

  it.skipIf(python === null)(
    'of Python reports as a module does, by pipeline_events, which is in no fingerprint',
    async () => {
      const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE, 'train.py': TRAIN });
      const result = await workspace.run(['--json']);
      expect(result.code, result.stdout).toBe(0);
      const events = parseEvents(result);
      const of = (node: string) =>
        events.flatMap((one) =>
          one.type === 'node-event' && one.node === node && one.event.type !== 'line'
            ? [one.event]
            : [],
        );
      const told = of('train/one');
      expect(told).toContainEqual({
        ...{ type: 'progress', label: '', unit: 'epoch', done: 3, total: 3, fields: {} },
      });
      expect(told).toContainEqual({ type: 'fraction', value: 1 });
      expect(told.filter(({ type }) => type === 'metrics')).toHaveLength(3);
      expect(told).toContainEqual({ type: 'message', text: 'trained', level: 'warning' });
      const finished = events.flatMap((one) =>
        one.type === 'node-finished' ? [[one.node, one.summary] as const] : [],
      );
      expect(Object.fromEntries(finished)).toEqual({
        'train/one': { loss: 0.2, odd: 'NaN' },
        'train/two': { accuracy: 0.5, 'test.loss': 0.1 },
      });
      workspace.write('pipeline_events.py', readFileSync(module, 'utf8'));
      expect(await workspace.run(['--audit'])).toMatchObject({ code: 0, cached: 2 });
      workspace.edit('pipeline_events.py', 'done += 1', 'done += 2');
      expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    },
  );

  it('of any language is told of its bad lines, and does not fail of them', async () => {
    const lines = [
      '{"message": "half", "progress": 0.5}',
      '{"progress": {"don": 1}}',
      'nonsense',
      '{"summary": {"a": 1}}',
      '{"summary": {"list": [1]}}',
      '[1]',
      '{"step": 3}',
      '{"summary": {"b": -Infinity, "text": "NaN"}',
    ];
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  one: { command: 'cat lines >> "$PIPELINE_EVENTS"; printf "}" >> "$PIPELINE_EVENTS"; touch {{ outputs.o }}', inputs: { l: lines }, outputs: { o: o } }
  none: { command: 'mkdir "$PIPELINE_EVENTS"; touch {{ outputs.o }}', outputs: { o: p } }
`,
      lines: lines.join('\n'),
    });
    const { code, stdout } = await workspace.run();
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('[message] one: half\n');
    expect(stdout.match(/\[warning\] one: .*/g)).toEqual([
      "[warning] one: line 2 of PIPELINE_EVENTS has a mistake: progress must have required property 'done'; it is left out",
      expect.stringMatching(/line 3 of PIPELINE_EVENTS is no JSON: .*; it is left out/),
      '[warning] one: line 5 of PIPELINE_EVENTS has a mistake: summary.list must be number,string,boolean,null,object; it is left out',
      '[warning] one: line 6 of PIPELINE_EVENTS is no object, such as {"progress": 0.4}; it is left out',
      '[warning] one: line 7 of PIPELINE_EVENTS has a mistake: it must have property metrics when property step is present; it is left out',
    ]);
    expect(stdout).toMatch(/\[done\] one [\d.]+ s a=1 b=-Infinity text=NaN\n/);
  });

  it('has the module that ships, of which each version is known', () => {
    expect(isEventsModule(module, hashBytes(readFileSync(module)))).toBe(true);
  });
});
