/** Linking cells: each cell of a stage and those upstream that belong to it become a node. */

import type { Json } from '../contract/values.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { LoadedSpec } from '../pipeline-file/load-spec.ts';
import type { InputSpec, PipelineSpec } from '../pipeline-file/types.ts';
import { mayRunCode } from '../shell/may-run-code.ts';
import { CellIndex } from './cell-index.ts';
import { findInputFault } from './check-input-path.ts';
import { normalizePath } from './check-paths.ts';
import { checkWhere } from './check-where.ts';
import { describeNoSource } from './describe-no-source.ts';
import { PathFiller } from './fill-paths.ts';
import { interpolate, lookUpVariable } from './interpolate.ts';
import { LinkMistakes } from './link-mistakes.ts';
import { matchesCell, type ResolvedFilter, resolveFilter } from './matrix.ts';
import type { PlannedCell, StagePlan } from './name-cells.ts';
import type { GraphNode, InputSource, NodeInput, WorkspaceView } from './types.ts';

/** Links the cells of stages to each other; collects what does not fit, once a place. */
export class Linker {
  readonly #loaded: LoadedSpec;
  readonly #spec: PipelineSpec;
  readonly #plans: ReadonlyMap<string, StagePlan>;
  readonly #workspace: WorkspaceView;
  readonly #mistakes = new LinkMistakes();
  readonly #cells: CellIndex;
  readonly #paths: PathFiller;
  readonly #filters = new Map<InputSpec, readonly ResolvedFilter[]>();
  /** Inputs whose `where` has a mistake, which explains that nothing is found. */
  readonly #faulty = new Set<InputSpec>();

  constructor(
    loaded: LoadedSpec,
    spec: PipelineSpec,
    plans: ReadonlyMap<string, StagePlan>,
    workspace: WorkspaceView,
  ) {
    this.#loaded = loaded;
    this.#spec = spec;
    this.#plans = plans;
    this.#workspace = workspace;
    this.#cells = new CellIndex(plans);
    this.#paths = new PathFiller(spec, workspace, this.#mistakes);
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.#mistakes.all;
  }

  /** Stages of which an output's path could not be filled in, or may not be written. */
  get unplaced(): ReadonlySet<string> {
    return this.#paths.unplaced;
  }

  /** @param reads dotted names of the parameters that the stage reads */
  link(plan: StagePlan, reads: readonly string[]): GraphNode[] {
    const { stage } = plan;
    const isRunner =
      stage.action.kind === 'command' &&
      (stage.code.length > 0 || mayRunCode(stage.action.command));
    return plan.cells.map((planned) => {
      const { id, cell, variables } = planned;
      const inputs = Object.entries(stage.inputs).map(([name, input]) =>
        this.#linkInput(plan, planned, name, input),
      );
      const outputs = Object.entries(stage.outputs).map(([name, output]) => ({
        name,
        path: this.#paths.fillOutput(
          output.path,
          ['stages', stage.name, 'outputs', name],
          variables,
        ),
        volatile: output.volatile,
        mutable: output.mutable,
      }));
      const upstream = new Set(
        stage.needs.flatMap((name) => this.#cells.match(plan, name, planned).map((up) => up.id)),
      );
      for (const { sources } of inputs) {
        for (const source of sources) if (source.kind === 'output') upstream.add(source.node);
      }
      const params: Record<string, Json> = {};
      for (const param of reads)
        params[param] = lookUpVariable(variables, param.split('.')) ?? null;
      const action = this.#paths.fillAction(stage, variables);
      return {
        id,
        stage,
        cell,
        action,
        mayRunCode: isRunner,
        code: stage.code,
        variables,
        env: stage.env,
        machine: stage.machine.map(({ module }) => normalizePath(module)),
        params,
        inputs,
        findsInputs: stage.findsInputs,
        outputs,
        apart: '',
        upstream: [...upstream],
      };
    });
  }

  #linkInput(plan: StagePlan, planned: PlannedCell, name: string, input: InputSpec): NodeInput {
    const at = ['stages', plan.stage.name, 'inputs', name];
    if (input.kind === 'file') return this.#linkFile(planned, name, input.path, at);
    const sources: InputSource[] = [];
    const wanted = this.#resolveWhere(plan, input, at);
    for (const from of input.from) {
      const output = this.#spec.stages[from]?.outputs[input.output];
      if (output === undefined) continue;
      for (const match of this.#cells.match(plan, from, planned)) {
        if (wanted.length > 0 && !wanted.some((filter) => matchesCell(match.cell, filter)))
          continue;
        const path = normalizePath(interpolate(output.path, match.variables).text);
        sources.push({ kind: 'output', node: match.id, output: input.output, path });
      }
    }
    if (sources.length === 0) this.#tellNoSource(plan, planned, name, input, at);
    if (input.as === 'params' && sources.length > 1) {
      this.#mistakes.add({
        code: 'wrong-value',
        message: `the input "${name}" of ${planned.id} is read as parameters but comes from ${sources.length} nodes`,
        location: this.#spec.source.locateKey(at),
        expected: 'one upstream cell for each cell of the stage',
        hint: 'share the axes of the upstream stage, or choose one of its cells with where',
      });
    }
    return { name, as: input.as, provenance: input.provenance, sources };
  }

  /** The mistake of an input without sources, unless another, told of already, explains it. */
  #tellNoSource(
    plan: StagePlan,
    planned: PlannedCell,
    name: string,
    input: Extract<InputSpec, { readonly kind: 'stage' }>,
    at: readonly string[],
  ): void {
    if (this.#faulty.has(input) || this.#isFaulty(input.from, input.output)) return;
    const active = input.from.flatMap((from) => this.#plans.get(from) ?? []);
    const location = this.#spec.source.locateKey(at);
    this.#mistakes.add(describeNoSource(plan, planned, name, input, active, location));
  }

  /** The filters of an input: the same for all cells of a stage. */
  #resolveWhere(
    plan: StagePlan,
    input: Extract<InputSpec, { readonly kind: 'stage' }>,
    at: readonly string[],
  ): readonly ResolvedFilter[] {
    const known = this.#filters.get(input);
    if (known !== undefined) return known;
    const filters = input.where.map((filter, i) => {
      const locate = (...path: string[]) => this.#spec.source.locate([...at, 'where', i, ...path]);
      const resolved = resolveFilter(filter, plan.resolved, locate);
      for (const diagnostic of resolved.diagnostics) this.#mistakes.add(diagnostic);
      return resolved.filter;
    });
    const locate = (...path: (string | number)[]) =>
      this.#spec.source.locate([...at, 'where', ...path]);
    const cellsOf = (from: string) => this.#plans.get(from)?.cells ?? [];
    const unknown = checkWhere(this.#spec, plan.resolved, input, cellsOf, locate);
    for (const diagnostic of unknown) this.#mistakes.add(diagnostic);
    if (unknown.length > 0) this.#faulty.add(input);
    this.#filters.set(input, filters);
    return filters;
  }

  #linkFile(planned: PlannedCell, name: string, text: string, at: string[]): NodeInput {
    const { path, isWhole } = this.#paths.fill(text, at, planned.variables);
    const fault = isWhole ? findInputFault(path, this.#workspace) : null;
    if (fault !== null) {
      this.#mistakes.add({
        code: 'missing-input',
        location: this.#spec.source.locate(at),
        ...fault,
        message: `the input "${name}" of ${planned.id} ${fault.message}`,
        ...this.#suggestStage(path),
      });
    }
    return { name, as: 'file', provenance: false, sources: [{ kind: 'file', path }] };
  }

  /** The output of a stage that is given by the stage's name alone. */
  #suggestStage(name: string): { hint?: string } {
    if (!Object.hasOwn(this.#spec.stages, name)) return {};
    const [output = ''] = Object.keys(this.#spec.stages[name]?.outputs ?? {});
    return { hint: `write { from: ${name}, output: ${output} }` };
  }

  /** Whether another mistake, reported already, explains that a reference finds nothing. */
  #isFaulty(from: readonly string[], output: string): boolean {
    return from.some(
      (name) =>
        this.#loaded.faultyStages.has(name) ||
        this.#spec.stages[name]?.outputs[output] === undefined ||
        this.#plans.get(name)?.cells.length === 0,
    );
  }
}
