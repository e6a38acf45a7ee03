import { describe, expect, it } from 'vitest';
import { accountCost, type Held, machineShareOf } from '../../../../pipeline/forecast/cost.ts';
import type { Forecast, ForecastNode } from '../../../../pipeline/forecast/forecast.ts';
import {
  boundByLimit,
  type ForecastPrediction,
} from '../../../../pipeline/forecast/predictions.ts';
import { expandSound } from '../../../fixtures/graph.ts';

const machine = { cpus: 8, memoryBytes: 32e9, gpus: 4 };
const held: Held = { nodes: 1, cpus: 1, memoryBytes: 0, gpus: 0, isAlone: false };

describe('machineShareOf', () => {
  it('is the largest share of what a job holds, and as many machines as it asks for at most', () => {
    expect(machineShareOf(held, machine)).toBe(1 / 8);
    expect(machineShareOf({ ...held, memoryBytes: 16e9 }, machine)).toBe(1 / 2);
    expect(machineShareOf({ ...held, gpus: 3 }, machine)).toBe(3 / 4);
    expect(machineShareOf({ ...held, cpus: 64 }, machine)).toBe(1);
    expect(machineShareOf({ ...held, isAlone: true }, machine)).toBe(1);
    expect(machineShareOf({ ...held, nodes: 4, cpus: 24 }, machine)).toBe(3);
    expect(machineShareOf({ ...held, nodes: 4, cpus: 64 }, machine)).toBe(4);
    expect(machineShareOf({ ...held, nodes: 4, isAlone: true }, machine)).toBe(4);
  });

  it('counts a GPU of machines without known GPUs as a whole one, and memory only where it is known', () => {
    expect(machineShareOf({ ...held, gpus: 1 }, { ...machine, gpus: 0 })).toBe(1);
    expect(machineShareOf({ ...held, memoryBytes: 1e12 }, { ...machine, memoryBytes: null })).toBe(
      1 / 8,
    );
  });
});

describe('accountCost', () => {
  const graph = expandSound(`version: 1
stages:
  prepare: { command: x, outputs: { o: p }, resources: { cpus: 4 } }
  train: { command: x, matrix: { i: [1, 2, 3] }, outputs: { o: "t{{ i }}" }, resources: { cpus: 2, gpus: 1 } }
  plot: { command: x, outputs: { o: f }, executor: local }
`);
  const recorded = (seconds: number): ForecastPrediction => ({ basis: 'node', seconds, cpus: 1.5 });
  const forecast = (of: Readonly<Record<string, Partial<ForecastNode>>>) => {
    const nodes = [...graph.nodes.values()].map((node) => ({
      planned: { node },
      state: 'run',
      prediction: null,
      isSparable: false,
      ...of[node.id],
    }));
    return { nodes } as unknown as Forecast;
  };
  const account = (of: Parameters<typeof forecast>[0], isCluster = true) =>
    accountCost(forecast(of), {
      machine,
      isCluster,
      askJob: ({ planned: { node } }) => {
        const { cpus, gpus } = node.stage.resources;
        const job = { held: { ...held, cpus, gpus }, kind: node.stage.name };
        return isCluster && !node.stage.isLocal ? job : null;
      },
    });

  it('bills jobs by what they ask for, and what runs here apart', () => {
    const { stages, total, jobs, unknown } = account({
      prepare: { prediction: recorded(3600) },
      'train/1': { prediction: recorded(7200) },
      'train/2': { prediction: boundByLimit(3600) },
      plot: { prediction: recorded(7200) },
    });
    expect(total.cpuHours).toEqual({ least: 4 + 2 * 2, most: 4 + 2 * 3 });
    expect(total.gpuHours).toEqual({ least: 2, most: 3 });
    expect(total.nodeHours).toEqual({ least: 1 / 2 + 2 / 4, most: 1 / 2 + 3 / 4 });
    expect(stages.map(({ stage, place, nodes }) => [stage, place, nodes])).toEqual([
      ['prepare', 'cluster', 1],
      ['train', 'cluster', 2],
      ['plot', 'here', 1],
    ]);
    expect(stages[1]?.nodes).toBe(2);
    expect(stages[1]?.sources).toEqual({ recorded: 1, limit: 1 });
    expect(stages[2]?.cpuHours.most).toBe(2 * 1.5);
    expect(jobs).toEqual({ tasks: 3, submissions: 2 });
    expect(unknown).toEqual([]);
  });

  it('counts into the least nothing that may be spared, nothing that others run, and names what is unknown', () => {
    const { total, unknown, jobs } = account({
      prepare: { state: 'depends-on-upstream', prediction: recorded(3600), isSparable: true },
      'train/1': { state: 'running-elsewhere', prediction: recorded(3600) },
      'train/2': { prediction: { basis: 'none', seconds: null, cpus: null } },
    });
    expect(total.nodeHours).toEqual({ least: 0, most: 1 / 2 });
    expect(unknown).toEqual(['train/2']);
    expect(jobs?.tasks).toBe(2);
  });

  it('without a cluster bills what runs here', () => {
    const { total, jobs } = account({ plot: { prediction: recorded(3600) } }, false);
    expect(total.nodeHours.most).toBe(1.5 / 8);
    expect(jobs).toBeNull();
  });
});
