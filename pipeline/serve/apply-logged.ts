/** One more logged event → what a page shows of the run. */

import {
  innerEvent,
  type LoggedEvent,
  numberMember,
  textMember,
  textsMember,
} from '../history/logged-event.ts';
import { addMeasured } from './add-measured.ts';
import {
  type NodeCurves,
  nodeOf,
  openRunView,
  type RunView,
  setState,
  type ViewState,
} from './run-view.ts';
import { addPoint } from './series.ts';

/** So many failures are shown with what they printed, and so many kinds of warnings. */
const MOST_FAILURES = 40;
const MOST_WARNINGS = 30;
/** The curves of so many nodes that ended are kept beside those of the nodes that run. */
const MOST_CURVES = 24;

/** Adds an event to a view. What makes no sense in it is passed over. */
export function applyLogged(view: RunView, event: LoggedEvent): void {
  view.time = Math.max(view.time, event.time);
  const node = nodeOf(event);
  if (node !== null) applyToNode(view, node, event);
  else applyToRun(view, event);
}

function applyToRun(view: RunView, event: LoggedEvent): void {
  switch (event.type) {
    case 'run-started':
      Object.assign(view, openRunView(), {
        phase: 'running',
        startedAt: event.time,
        time: event.time,
        targets: textsMember(event, 'targets') ?? [],
        profile: textMember(event, 'profile') ?? '',
        notice: textMember(event, 'notice'),
        settings: textsMember(event, 'settings') ?? [],
        total: numberMember(event, 'nodes') ?? 0,
        jobs: numberMember(event, 'jobs') ?? 1,
      } satisfies Partial<RunView>);
      return;
    case 'work-left':
      view.left = {
        nodes: numberMember(event, 'nodes') ?? 0,
        seconds: numberMember(event, 'seconds') ?? 0,
      };
      return;
    case 'load':
      addPoint(view.cpus, event.time, numberMember(event, 'cpus') ?? 0);
      addPoint(view.memory, event.time, numberMember(event, 'memory') ?? 0);
      return;
    case 'warning':
      addWarning(view, null, event);
      return;
    case 'run-interrupted':
      view.phase = 'interrupted';
      return;
    case 'run-finished':
      view.phase = 'finished';
      view.end = {
        seconds: numberMember(event, 'seconds') ?? 0,
        cpuSeconds: numberMember(event, 'cpuSeconds'),
      };
  }
}

function applyToNode(view: RunView, name: string, event: LoggedEvent): void {
  switch (event.type) {
    case 'node-started': {
      const node = setState(view, name, 'running');
      node.startedAt = event.time;
      node.attempts = (node.attempts ?? 0) + 1;
      delete node.endedAt;
      delete node.note;
      delete node.fraction;
      assignNumber(node, 'expectedSeconds', event);
      const log = textMember(event, 'log');
      if (log !== null) node.log = log;
      // What an attempt measures stands in the place of what the one before it did.
      view.curves.delete(name);
      return;
    }
    case 'node-waiting': {
      const where = `${textMember(event, 'host') ?? '?'}, process ${numberMember(event, 'pid') ?? '?'}`;
      setState(view, name, 'waiting').note = `another run is at it (${where})`;
      return;
    }
    case 'node-event':
      applyStageEvent(view, name, event);
      return;
    case 'node-finished': {
      const node = endNode(
        view,
        name,
        event['outcome'] === 'cached' ? 'cached' : 'executed',
        event,
      );
      delete node.note;
      assignNumber(node, 'cpuSeconds', event);
      assignNumber(node, 'memory', event);
      return;
    }
    case 'node-failed': {
      const node = endNode(view, name, 'failed', event);
      const message = textMember(event, 'message') ?? '';
      node.note = message;
      const log = textMember(event, 'log');
      if (log !== null) node.log = log;
      if (view.failures.length >= MOST_FAILURES) return;
      const tail = textsMember(event, 'logTail') ?? [];
      view.failures.push({ node: name, time: event.time, message, tail });
      return;
    }
    case 'node-retrying': {
      const [attempt, attempts] = [numberMember(event, 'attempt'), numberMember(event, 'attempts')];
      const node = endNode(view, name, 'retrying', event);
      node.note = `attempt ${attempt ?? '?'} of ${attempts ?? '?'} failed: ${textMember(event, 'message') ?? ''}`;
      return;
    }
    case 'node-skipped':
      endNode(view, name, 'skipped', event).note = textMember(event, 'because') ?? '';
      return;
    case 'warning':
      addWarning(view, name, event);
  }
}

function endNode(view: RunView, name: string, state: ViewState, { time }: LoggedEvent) {
  const node = setState(view, name, state);
  node.endedAt = time;
  delete node.fraction;
  forgetCurves(view, name);
  return node;
}

/** Keeps the curves of a node that ended, and of the others only so many that ended lately. */
function forgetCurves({ curves, running }: RunView, ended: string): void {
  const own = curves.get(ended);
  if (own === undefined) return;
  curves.delete(ended);
  curves.set(ended, own);
  let excess = curves.size - running.size - MOST_CURVES;
  for (const name of curves.keys()) {
    if (excess <= 0) return;
    if (running.has(name)) continue;
    curves.delete(name);
    excess -= 1;
  }
}

function applyStageEvent(view: RunView, name: string, event: LoggedEvent): void {
  const told = innerEvent(event);
  const node = view.nodes.get(name);
  if (told.type === 'fraction' && node?.state === 'running') {
    const value = numberMember(told, 'value');
    if (value !== null) node.fraction = Math.min(1, Math.max(0, value));
    return;
  }
  const curves: NodeCurves = view.curves.get(name) ?? new Map();
  addMeasured(curves, told);
  if (curves.size > 0) view.curves.set(name, curves);
}

function addWarning({ warnings }: RunView, node: string | null, event: LoggedEvent): void {
  const text = textMember(event, 'text') ?? '';
  const known = warnings.find((one) => one.text === text);
  if (known !== undefined) known.count += 1;
  else if (warnings.length < MOST_WARNINGS) warnings.push({ node, text, count: 1 });
}

function assignNumber(
  node: { expectedSeconds?: number; cpuSeconds?: number; memory?: number },
  name: 'expectedSeconds' | 'cpuSeconds' | 'memory',
  event: LoggedEvent,
): void {
  const value = numberMember(event, name);
  if (value === null) delete node[name];
  else node[name] = value;
}
