import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProjectCopy } from '../../fixtures/project.ts';

/**
 * The real commands, templates and figures on a pipeline whose trainings are a line of shell each:
 * two models at three levels of corruption, results/canned/.
 *
 * Parameter `shift` is added to every number of steps; `broken` makes the evaluations at p = 1 fail.
 */
const PIPELINE = `
version: 1
default_profile: canned
profiles: { canned: { description: numbers made up for a test } }
params: { shift: 0, broken: false, models: [MLP1, MLP3] }
stages:
  prepare:
    command: mkdir -p {{ outputs.records }} && echo images > {{ outputs.records }}/images.bin
    outputs: { records: data/records }
  configure:
    matrix:
      model: { param: models }
      corruption: [none]
      p: [0.5, 0, 1]
      # As figure 2 and table 1, it has a model of its own.
      include: [{ model: MLP3, corruption: none, p: 1 }]
    name: &name "{{ model }}_{{ p | fixed(1) }}_{{ corruption }}"
    command: 'echo "model_name: "{{ model }} > {{ outputs.config }}'
    outputs: { config: { path: "experiments/canned/{{ name }}.yaml", mutable: [state] } }
  train:
    matrix: { like: configure }
    name: *name
    command: |
      echo {{ p }} > {{ outputs.checkpoint }}
      echo '{"epoch":3,"seconds":'"$(date +%s)"'}' > {{ outputs.timing }}
      cat {{ inputs.config }} {{ inputs.records }}/images.bin > {{ outputs.metrics }}
      for i in 1 2 3; do printf '{"kind":"step","step":%s,"epoch":%s,"loss":%s,"accuracy":0.%s}\\n' "$i"0 $i 0.$((4-i)) $i; done >> {{ outputs.metrics }}
      echo '{"kind":"threshold","epoch":3,"step":30,"loss":0.1,"accuracy":0.3}' >> {{ outputs.metrics }}
      echo trained {{ model }} at p = {{ p }}
    inputs:
      records: { from: prepare, output: records }
      config: { from: configure, output: config }
    outputs:
      checkpoint: "runs/{{ name }}/checkpoint.safetensors"
      metrics: "runs/{{ name }}/metrics.jsonl"
      timing: { path: "runs/{{ name }}/timing.jsonl", volatile: true }
  evaluate:
    matrix: { like: configure }
    name: *name
    command: |
      test {{ broken }} = false || test {{ p }} != 1 || { echo it broke >&2; exit 3; }
      step=$(awk "BEGIN { print 100 + 50 * "{{ p }}" + "{{ shift }}" }")
      error=$(awk "BEGIN { print 0.5 + 0.4 * "{{ p }}" }")
      printf '{"experiment":"%s","model":"%s","corruption":"none","p":%s,"seed":42,"dataset":"canned shapes","synthetic":true,"train":200,"test":100,"width":1,"init":"pytorch","weight_decay":0,"crop":false,"decay_every":null,"parameters":1209866,"reached":true,"epoch":3,"step":%s,"train_loss":0.009,"train_accuracy":1,"test_loss":2,"test_accuracy":0.5,"test_error":%s}\\n' \\
        {{ name }} {{ model }} {{ p }} "$step" "$error" > {{ outputs.evaluation }}
    inputs: { checkpoint: { from: train, output: checkpoint } }
    outputs: { evaluation: "runs/{{ name }}/evaluation.json" }
  experiments:
    command: cat {{ inputs.evaluations }} | sort > {{ outputs.table }}
    inputs: { evaluations: { from: evaluate, output: evaluation } }
    outputs: { table: results/canned/experiments.jsonl }
  plot:
    module: stages/figures/generalization-error.ts
    params: [profile]
    inputs: { evaluations: { from: evaluate, output: evaluation, provenance: true } }
    outputs:
      spec: results/canned/figure1c-generalization-error.vl.json
      svg: results/canned/figure1c-generalization-error.svg
      png: results/canned/figure1c-generalization-error.png
      csv: results/canned/figure1c-generalization-error.csv
  claims:
    module: stages/claims/claims.ts
    params: [profile, overrides]
    inputs: { claims: claims.yaml, experiments: { from: experiments, output: table } }
    outputs: { json: results/canned/claims.json, markdown: results/canned/claims.md }
commands:
  claims: { module: commands/claims.ts }
  report: { module: commands/report.ts, after: [all] }
  publish: { module: commands/publish.ts }
targets:
  all: [plot, claims]
`;

const CLAIMS = `
version: 1
paper: { title: A paper <of tests>, url: "https://example.org/paper" }
claims:
  - id: fitted
    statement: Random labels are fitted.
    place: section 1
    figure: figure1c-generalization-error
    check: { kind: all, where: { p: 1 }, expect: { reached: true } }
  - id: slower
    statement: Random labels take longer.
    place: section 2
    check: { kind: trend, where: { corruption: none }, by: [model], x: p, y: step, at_least: 0.9 }
  - id: few-steps
    statement: True labels take few steps.
    place: section 3
    check: { kind: all, where: { p: 0 }, expect: { step: { at_most: 120 } } }
  - id: elsewhere
    statement: Another model does too.
    place: section 4
    check: { kind: all, where: { model: Net }, expect: { reached: true } }
  - id: as-fast
    statement: Some random labels cost no steps.
    place: section 2
    check: { kind: compare, by: [model], field: step, these: { p: 0.5 }, those: { p: 0 }, factor: 1, spread: 0.5 }
`;

/** Makes such a project; `remove()` it in the end. */
export function makeCannedProject(): ProjectCopy {
  const project = new ProjectCopy();
  writeFileSync(join(project.path, 'pipeline.yaml'), PIPELINE);
  writeFileSync(join(project.path, 'claims.yaml'), CLAIMS);
  return project;
}

/** Digests of all files in a folder, by path. */
export function digestFiles(folder: string): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) continue;
    digests[name] = createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  return digests;
}
