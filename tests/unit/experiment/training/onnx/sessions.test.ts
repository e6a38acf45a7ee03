import { expect, test } from 'vitest';
import { GraphBuilder } from '../../../../../experiment/training/onnx/graph-builder.ts';
import { loadRuntime } from '../../../../../experiment/training/onnx/runtime.ts';
import { Sessions } from '../../../../../experiment/training/onnx/sessions.ts';

const OPENING_SECONDS = 1;

function compile() {
  const graph = new GraphBuilder();
  graph.output('out', 'float32', [1], graph.node('Neg', [graph.input('in', 'float32', [1])]));
  return graph.build('test');
}

/** Runs sessions of real onnxruntime for purposes in turn, on a clock of our own. Returns what was opened, in order. */
async function listOpened(
  uses: readonly {
    readonly purpose: string;
    readonly seconds: number;
    readonly threads?: number;
  }[],
): Promise<string[]> {
  const runtime = await loadRuntime({ threads: 1 });
  const opened: string[] = [];
  let now = 0;
  let asked = '';
  const sessions = new Sessions(
    {
      openSession: (graph, options) => {
        opened.push(asked);
        now += OPENING_SECONDS;
        return runtime.openSession(graph, options);
      },
    },
    () => now,
  );
  for (const { purpose, seconds, threads = 1 } of uses) {
    asked = purpose;
    const session = await sessions.open(purpose, { threads, isLarge: false }, compile);
    const { out } = await session.run({ in: runtime.tensor(Float32Array.of(2), [1]) });
    expect(out?.data).toEqual(Float32Array.of(-2));
    now += seconds;
  }
  return opened;
}

function epochOf(seconds: number, threads = 1) {
  return [
    { purpose: 'full', seconds, threads },
    { purpose: 'rest', seconds: 1, threads },
    { purpose: 'test', seconds: 10, threads },
  ];
}

test('keeps sessions open where epochs are short, and opens them again for other threads', async () => {
  const all = ['full', 'rest', 'test'];
  expect(await listOpened([...epochOf(100), ...epochOf(100)])).toEqual(all);
  expect(await listOpened([...epochOf(100), ...epochOf(100, 2)])).toEqual([...all, ...all]);
});

test('has one session open at a time where epochs are long', async () => {
  const all = ['full', 'rest', 'test'];
  expect(await listOpened([...epochOf(1000), ...epochOf(1000)])).toEqual([...all, ...all]);
});
