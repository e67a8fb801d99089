// Which names a source binds, and whether they are used.
import {enclosing, isIn, nodesOf, text, type Node, type Source} from './source'

type Kind = 'import' | 'assignment' | 'target' | 'parameter' | 'function' | 'class' | 'pattern' | 'declared'

export interface Binding {
  name: string
  node: Node
  kind: Kind
  scope: Node // the function, class or module in which it is bound
}

export interface Names {
  bindings: Binding[]
  uses: Map<string, Node[]> // where each name is read, or may be
  bound: Set<string>
}

export function namesOf(source: Source): Names {
  const names: Names = {bindings: [], uses: new Map(), bound: new Set()}
  for (const node of nodesOf(source, 'VariableName')) {
    const name = text(source, node), kind = kindOf(node)
    if (kind === 'use') {
      const list = names.uses.get(name)
      if (list) list.push(node)
      else names.uses.set(name, [node])
    } else if (kind) {
      names.bindings.push({name, node, kind, scope: scopeOf(source, node, kind)})
      names.bound.add(name)
    }
  }
  return names
}

function scopeOf(source: Source, node: Node, kind: Kind): Node {
  const around = kind === 'function' || kind === 'class' ? node.parent! : node
  return enclosing(around, 'FunctionDefinition', 'ClassDefinition', 'LambdaExpression') ?? source.root
}

// kindOf says how a name is bound where it stands; 'use' where it is read, null where it is no variable at all.
function kindOf(node: Node): Kind | 'use' | null {
  const parent = node.parent!
  switch (parent.type) {
    case 'FunctionDefinition': return 'function'
    case 'ClassDefinition': return 'class'
    case 'ParamList': return inParamList(parent, node)
    case 'ImportStatement': return inImport(parent, node)
    case 'ArgList': return isKeyword(parent, node) ? null : targetOrUse(node)
    case 'TypeParam': return 'parameter'
    case 'ScopeStatement': return 'declared'
    case 'CapturePattern': return 'pattern'
    case 'AsPattern': return 'pattern'
    case 'KeywordPattern': return null
    case 'TypeDefinition': return parent.children[1] === node ? 'assignment' : 'use'
    case 'NamedExpression': return parent.children[0] === node ? 'target' : 'use'
    default: return targetOrUse(node)
  }
}

function inParamList(list: Node, node: Node): Kind | 'use' {
  const i = list.children.indexOf(node)
  return list.children[i - 1]?.type === 'AssignOp' ? 'use' : 'parameter'
}

const isKeyword = (list: Node, node: Node): boolean => list.children[list.children.indexOf(node) + 1]?.type === 'AssignOp'

// inImport knows what an import binds: the name after as, else the first of a dotted name, or what is taken from a module.
function inImport(statement: Node, node: Node): Kind | null {
  const list = statement.children, i = list.indexOf(node)
  if (list[i + 1]?.type === 'as') return null
  if (list[i - 1]?.type === 'as') return 'import'
  const from = list[0].type === 'from', after = list.findIndex(c => c.type === 'import')
  if (from) return i > after ? 'import' : null
  return list[i - 1]?.type === '.' ? null : 'import'
}

// targetOrUse tells what is assigned to from what is read, through tuples and lists of targets.
function targetOrUse(node: Node): Kind | 'use' {
  let target = node
  while (['TupleExpression', 'ArrayExpression', 'ParenthesizedExpression'].includes(target.parent!.type)) target = target.parent!
  const parent = target.parent!, i = parent.children.indexOf(target)
  const before = (type: string) => parent.children.slice(i + 1).some(c => c.type === type)
  const after = (type: string) => parent.children[i - 1]?.type === type
  switch (parent.type) {
    case 'AssignStatement':
      return before('AssignOp') || parent.children[i + 1]?.type === 'TypeDef' ? (target === node ? 'assignment' : 'target') : 'use'
    case 'ForStatement':
    case 'ComprehensionExpression': case 'ArrayComprehensionExpression': case 'SetComprehensionExpression': case 'DictionaryComprehensionExpression':
    case 'ArgList':
      return isLoopTarget(parent, i) ? 'target' : 'use'
    case 'WithStatement': case 'WithItems': case 'TryStatement':
      return after('as') ? 'target' : 'use'
    default:
      return 'use'
  }
}

// isLoopTarget reports whether a part stands between for and in.
function isLoopTarget(loop: Node, i: number): boolean {
  for (i--; i >= 0; i--) {
    const type = loop.children[i].type
    if (type === 'for') return true
    if (type === 'in' || type === 'if') return false
  }
  return false
}

// A function in which names are found by their text cannot be judged.
const byText = new Set(['locals', 'vars', 'eval', 'exec', 'globals', 'dir'])

export const findsNamesByText = (names: Names, scope: Node): boolean =>
  [...byText].some(name => (names.uses.get(name) ?? []).some(use => isIn(use, scope)))

export const usedIn = (names: Names, name: string, scope: Node): boolean => (names.uses.get(name) ?? []).some(use => isIn(use, scope))

// inStrings reports whether a name stands in a string that may be read as code, as annotations and __all__ are.
export function inStrings(source: Source, name: string): boolean {
  const word = new RegExp(`\\b${name}\\b`)
  return nodesOf(source, 'String').some(s => mayBeCode(s) && word.test(text(source, s)))
}

// Strings that may be code stand in an annotation, an argument as of cast(…), between brackets as in List['A'], or are assigned.
const codeHolders = ['TypeDef', 'ArgList', 'MemberExpression', 'AssignStatement', 'UpdateStatement']

const mayBeCode = (string: Node): boolean => {
  const outer = enclosing(string, ...codeHolders, 'Body')
  return outer !== null && outer.type !== 'Body'
}
