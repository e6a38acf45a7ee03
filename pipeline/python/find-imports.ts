/** Python, read: syntax → what a module imports, and where that cannot be told. */

import { evaluatePath, type PathNames } from './evaluate-path.ts';
import { childIn, namedChildren, type PythonNode } from './parse-python.ts';
import { readLiteral } from './read-literal.ts';
import type { BlindSpot, ModuleFacts, PythonImport, PythonPath } from './said-of-modules.ts';
import { hasOwnFlag } from './type-checking.ts';

type FoundImports = Pick<ModuleFacts, 'imports' | 'paths' | 'blind' | 'exported'>;

/** Within these what is imported may be missing, or never asked for. */
const OPTIONAL = new Set(['try_statement', 'if_statement', 'with_statement', 'match_statement']);

/** Finds what a module imports, at any depth. @param source the text that the syntax was read from */
export function findImports(root: PythonNode, source: string): FoundImports {
  const finder = new ImportFinder(source, root);
  finder.visit(root, false);
  return finder.found;
}

class ImportFinder {
  readonly #source: string;
  readonly #checksTypes: boolean;
  readonly #names: PathNames = new Map();
  readonly #imports: PythonImport[] = [];
  readonly #paths: PythonPath[] = [];
  readonly #blind: BlindSpot[] = [];
  readonly #exported: string[] = [];

  constructor(source: string, root: PythonNode) {
    this.#source = source;
    this.#checksTypes = hasOwnFlag(root, source);
  }

  get found(): FoundImports {
    return {
      imports: this.#imports,
      paths: this.#paths,
      blind: this.#blind,
      exported: this.#exported,
    };
  }

  visit(node: PythonNode, isOptional: boolean): void {
    switch (node.type) {
      case 'import_statement':
        for (const child of namedChildren(node)) {
          this.#add(node, { module: this.#nameOf(child), level: 0, names: [] }, isOptional);
        }
        return;
      case 'import_from_statement':
        this.#visitFrom(node, isOptional);
        return;
      case 'if_statement':
      case 'elif_clause':
        this.#visitIf(node);
        return;
      case 'assignment':
      case 'augmented_assignment':
        this.#visitAssignment(node);
        break;
      case 'call':
        this.#visitCall(node, isOptional);
        break;
    }
    const inner = isOptional || OPTIONAL.has(node.type);
    for (const child of node.children) if (child.isNamed) this.visit(child, inner);
  }

  #visitFrom(node: PythonNode, isOptional: boolean): void {
    const from = childIn(node, 'module_name');
    const dots = from?.children.find(({ type }) => type === 'import_prefix');
    const level = dots === undefined ? 0 : this.#textOf(dots).replaceAll(/[^.]/g, '').length;
    const dotted = level === 0 ? from : from?.children.find(({ type }) => type === 'dotted_name');
    const isAll = node.children.some(({ type }) => type === 'wildcard_import');
    const names = node.children
      .filter(({ field }) => field === 'name')
      .map((child) => this.#nameOf(child));
    const module = dotted === undefined ? '' : this.#nameOf(dotted);
    this.#add(node, { module, level, names: isAll ? ['*'] : names }, isOptional);
  }

  /** What stands under `if TYPE_CHECKING` is for type checkers alone. */
  #visitIf(node: PythonNode): void {
    const condition = childIn(node, 'condition');
    const text = condition === undefined ? '' : this.#textOf(condition).replaceAll(/[()\s]/g, '');
    const isFlag = /^(?:\w+\.TYPE_CHECKING|TYPE_CHECKING)$/.test(text) && this.#isFlag(text);
    for (const child of node.children) {
      if (!child.isNamed || (isFlag && child.field === 'consequence')) continue;
      this.visit(child, true);
    }
  }

  #isFlag(text: string): boolean {
    return text.includes('.') || this.#checksTypes;
  }

  #visitAssignment(node: PythonNode): void {
    const [left, right] = [childIn(node, 'left'), childIn(node, 'right')];
    if (left === undefined || right === undefined) return;
    const name = this.#textOf(left).replaceAll(/\s/g, '');
    if (/^\w+$/.test(name)) {
      this.#names.set(name, evaluatePath(right, this.#source, this.#names));
    }
    if (name === '__all__') this.#exported.push(...this.#textsIn(right));
    if (name === '__path__') this.#spot(node, 'where a package is looked for is computed');
    if (/^sys\.(?:path|meta_path|path_hooks)(?:\[.*)?$/.test(name)) {
      this.#spot(node, `${name.replace(/\[.*/, '')} is changed`);
    }
  }

  #visitCall(node: PythonNode, isOptional: boolean): void {
    const callee = childIn(node, 'function');
    const given = childIn(node, 'arguments');
    if (callee === undefined || given === undefined) return;
    const name = this.#textOf(callee).replaceAll(/\s/g, '');
    const own = namedChildren(given);
    const byPlace = own.filter(({ type }) => type !== 'keyword_argument');
    const byName = (wanted: string) =>
      own
        .filter(({ type }) => type === 'keyword_argument')
        .find((one) => this.#textOf(childIn(one, 'name') ?? one) === wanted);
    const argument = (place: number, wanted: string) => {
      const named = byName(wanted);
      return byPlace[place] ?? (named === undefined ? undefined : childIn(named, 'value'));
    };
    switch (name) {
      case '__import__':
      case 'import_module':
      case 'importlib.import_module':
      case 'importlib.__import__':
        this.#addDynamic(node, argument(0, 'name'), argument(1, 'package'), isOptional);
        return;
      case 'runpy.run_module':
        this.#addDynamic(node, argument(0, 'mod_name'), undefined, isOptional);
        return;
      case 'runpy.run_path':
        this.#addPath(
          node,
          argument(0, 'path_name'),
          'script',
          'the path of a program is computed',
        );
        return;
      case 'spec_from_file_location':
      case 'util.spec_from_file_location':
      case 'importlib.util.spec_from_file_location':
        this.#addPath(node, argument(1, 'location'), 'script', 'the path of a module is computed');
        return;
      case 'exec':
        this.#spot(node, 'what exec runs is a value');
        return;
      case 'sys.path.append':
        this.#addPath(node, byPlace[0], 'last', 'what is added to sys.path is computed');
        return;
      case 'site.addsitedir':
        this.#addPath(node, byPlace[0], 'last', 'what is added to sys.path is computed');
        return;
      case 'sys.path.insert':
        this.#addPath(node, byPlace[1], 'first', 'what is added to sys.path is computed');
        return;
      case 'sys.path.extend':
      case 'sys.path.remove':
      case 'sys.path.clear':
      case 'sys.meta_path.append':
      case 'sys.meta_path.insert':
      case 'sys.path_hooks.append':
        this.#spot(node, `${name.replace(/\.\w+$/, '')} is changed`);
    }
  }

  #addDynamic(
    node: PythonNode,
    name: PythonNode | undefined,
    anchor: PythonNode | undefined,
    isOptional: boolean,
  ): void {
    const literal = name === undefined ? null : readLiteral(name, this.#source);
    if (literal === null) {
      this.#spot(node, 'the name of an imported module is computed');
      return;
    }
    const [dots = ''] = /^\.*/.exec(literal) ?? [];
    const module = literal.slice(dots.length);
    const base = anchor === undefined ? null : readLiteral(anchor, this.#source);
    const isOwn = anchor !== undefined && /^__(?:package|name)__$/.test(this.#textOf(anchor));
    if (dots !== '' && base !== null && dots.length === 1) {
      this.#add(node, { module: `${base}.${module}`, level: 0, names: [] }, isOptional);
    } else if (dots !== '' && !isOwn) {
      this.#spot(node, 'the package of an imported module is computed');
    } else this.#add(node, { module, level: dots.length, names: [] }, isOptional);
  }

  #addPath(
    node: PythonNode,
    argument: PythonNode | undefined,
    use: PythonPath['use'],
    otherwise: string,
  ): void {
    const path = argument === undefined ? null : evaluatePath(argument, this.#source, this.#names);
    if (path === null) this.#spot(node, otherwise);
    else this.#paths.push({ ...path, use, line: node.line, column: node.column });
  }

  #add(
    { line, column }: PythonNode,
    what: Pick<PythonImport, 'module' | 'level' | 'names'>,
    isOptional: boolean,
  ): void {
    this.#imports.push({ ...what, isOptional, line, column });
  }

  #spot({ line, column }: PythonNode, what: string): void {
    this.#blind.push({ what, line, column });
  }

  /** A dotted name, without what it is called here. */
  #nameOf(node: PythonNode): string {
    const name = node.type === 'aliased_import' ? childIn(node, 'name') : node;
    return this.#textOf(name ?? node)
      .replaceAll(/\s|\\/g, '')
      .normalize('NFKC');
  }

  #textsIn(node: PythonNode): string[] {
    const text = readLiteral(node, this.#source);
    if (text !== null) return [text];
    return namedChildren(node).flatMap((child) => this.#textsIn(child));
  }

  #textOf({ start, end }: PythonNode): string {
    return this.#source.slice(start, end);
  }
}
