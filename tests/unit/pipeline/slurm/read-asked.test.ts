import { describe, expect, it } from 'vitest';
import { readSlurmSeconds } from '../../../../pipeline/slurm/read-amounts.ts';
import { readAsked } from '../../../../pipeline/slurm/read-asked.ts';

const OWN = ['--nodes=1', '--ntasks=1', '--cpus-per-task=2'];
const GIB = 2 ** 30;

describe('readAsked', () => {
  it.each([
    [[], { nodes: 1, cpus: 2, memoryBytes: 0, gpus: 0, isAlone: false }],
    [['--cpus-per-task=32'], { cpus: 32 }],
    [['--ntasks=4'], { cpus: 8 }],
    [['--nodes=4', '--ntasks=8'], { nodes: 4, cpus: 16 }],
    [['--nodes=2-4'], { nodes: 4, cpus: 4 }],
    [['--mincpus=16'], { cpus: 16 }],
    [['--mem=64G'], { memoryBytes: 64 * GIB }],
    [['--mem=512'], { memoryBytes: GIB / 2 }],
    [['--mem=0'], { isAlone: true }],
    [['--nodes=2', '--mem=64G'], { memoryBytes: 128 * GIB }],
    [['--mem-per-cpu=2G'], { memoryBytes: 4 * GIB }],
    [['--exclusive'], { isAlone: true }],
    [['--gres=gpu:a100:2,lscratch:100'], { gpus: 2 }],
    [['--gres=gpu'], { gpus: 1 }],
    [['--gres=gpu:a100'], { gpus: 1 }],
    [['--gres=gpu:4(S:0-1)'], { gpus: 4 }],
    [['--gres=shard:2'], { gpus: 2 }],
    [
      ['--gpus=a100:4', '--cpus-per-gpu=8', '--mem-per-gpu=1G'],
      { gpus: 4, cpus: 32, memoryBytes: 4 * GIB },
    ],
    [['--nodes=2', '--gpus-per-node=4'], { gpus: 8 }],
    [['--ntasks=3', '--gpus-per-task=1'], { gpus: 3 }],
    [['--partition=gpu', '--exclude=node7', '--gres-flags=enforce-binding'], { cpus: 2, gpus: 0 }],
  ])('reads %j', (options, held) => {
    const asked = readAsked([...OWN, ...options]);
    expect(asked).toMatchObject(held);
    expect(asked.unread).toEqual([]);
  });

  it.each([
    '--hint=nomultithread',
    '--nodes=1,3',
    '--mem=much',
    '--gres=mps:50',
    '--n=4',
    '--gre=gpu:8',
    '--N=3',
    '--time=8h',
  ])('tells that it cannot read %s', (option) => {
    expect(readAsked([...OWN, option]).unread).toEqual([option]);
  });

  it('takes tasks to be on machines of their own where their number is left to Slurm', () => {
    expect(readAsked(['--ntasks=3', '--exclusive'])).toMatchObject({ nodes: 3, isAlone: true });
  });
});

it('reads times as sbatch does', () => {
  expect(['90', '90:30', '1:30:00', '2-0', '2-12:30', '0-00:00:10'].map(readSlurmSeconds)).toEqual([
    5400, 5430, 5400, 172_800, 217_800, 10,
  ]);
  expect(['UNLIMITED', '1h', ''].map(readSlurmSeconds)).toEqual([
    Number.POSITIVE_INFINITY,
    null,
    null,
  ]);
});
