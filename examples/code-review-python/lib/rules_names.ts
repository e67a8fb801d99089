// Rules on names: imports, variables, builtins.
import {isMethod} from './functions'
import {findsNamesByText, inStrings, usedIn, type Binding} from './names'
import {child, enclosing, nodesOf, text, type Source} from './source'
import type {Rule} from './review'

export const wildcardImport: Rule = {
  severity: 'warning', advice: 'Import the names that are used, by name',
  find: ({source}, report) => wildcards(source).forEach(s => report(s, `${text(source, s)} hides which names there are`)),
}

export const wildcards = (source: Source) => nodesOf(source, 'ImportStatement').filter(s => child(s, '*'))

export const unusedImport: Rule = {
  severity: 'warning', advice: 'Drop the imports that nothing uses',
  find: ({source, names}, report) => {
    for (const b of names.bindings) {
      if (b.kind !== 'import' || isExported(source, b) || names.uses.has(b.name) || inStrings(source, b.name)) continue
      if (/#\s*noqa/.test(lineOf(source, b))) continue
      report(b.node, `${b.name} is imported and not used`)
    }
  },
}

// isExported reports whether an import is meant for others: from __future__, import a as a, or a try of what is installed.
function isExported(source: Source, {node, name}: Binding): boolean {
  const list = node.parent!.children, i = list.indexOf(node)
  if (list[0].type === 'from' && text(source, list[1]) === '__future__') return true
  if (list[i - 1]?.type === 'as' && text(source, list[i - 2]) === name) return true
  return enclosing(node, 'TryStatement') !== null || name.startsWith('_')
}

const lineOf = (source: Source, {node}: Binding): string => source.code.slice(node.from).split('\n', 1)[0]

export const unusedVariable: Rule = {
  severity: 'warning', advice: 'Drop the variables that nothing reads',
  find: ({names}, report) => {
    const seen = new Set<string>()
    for (const b of names.bindings) {
      if (b.scope.type !== 'FunctionDefinition' || b.name.startsWith('_') || !isPlain(b)) continue
      const key = `${b.scope.at} ${b.name}`
      if (seen.has(key) || usedIn(names, b.name, b.scope) || findsNamesByText(names, b.scope)) continue
      seen.add(key)
      // What is declared global or nonlocal is for others.
      if (!names.bindings.some(o => o.name === b.name && o.kind === 'declared')) report(b.node, `${b.name} is assigned and not read`)
    }
  },
}

// isPlain reports whether a binding is one that a reader would miss a use of: of several targets some may be there for their place.
const isPlain = ({kind, node}: Binding): boolean =>
  (kind === 'assignment' && !child(node.parent!, ',')) || (kind === 'target' && node.parent!.type === 'TryStatement')

const builtins = new Set([
  'abs', 'all', 'any', 'bin', 'bool', 'bytes', 'callable', 'chr', 'compile', 'dict', 'dir', 'enumerate', 'eval', 'exec', 'filter', 'float', 'format',
  'frozenset', 'getattr', 'hash', 'hex', 'id', 'input', 'int', 'isinstance', 'iter', 'len', 'list', 'map', 'max', 'min', 'next', 'object', 'open', 'ord',
  'pow', 'print', 'property', 'range', 'repr', 'reversed', 'round', 'set', 'setattr', 'slice', 'sorted', 'str', 'sum', 'super', 'tuple', 'type', 'vars', 'zip',
])

export const shadowedBuiltin: Rule = {
  severity: 'info', advice: 'Give names of their own to what is called like a builtin',
  find: ({names}, report) => {
    const seen = new Set<string>()
    for (const b of names.bindings) {
      // In a class the name is one of its attributes, and no longer alone.
      if (!builtins.has(b.name) || b.kind === 'declared' || b.scope.type === 'ClassDefinition') continue
      if (b.kind === 'function' && isMethod(b.node.parent!)) continue
      const key = `${b.scope.at} ${b.name}`
      if (!seen.has(key)) report(b.node, `${b.name} hides the builtin of that name`)
      seen.add(key)
    }
  },
}
