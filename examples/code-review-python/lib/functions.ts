// Functions and their measures.
import {child, enclosing, isIn, lineAt, nodesOf, text, type Node, type Source} from './source'

export interface Fn {
  name: string // of a nested function with those around it: outer.inner
  receiver: string // the class of a method, empty for a function
  line: number // of def
  end_line: number
  length: number
  parameters: number // without self and cls
  complexity: number
  nesting: number
}

export interface Parameter {
  name: Node
  annotation?: Node
  value?: Node // the default
  stars: string // '', '*' or '**'
}

export const functionNodes = (source: Source): Node[] => nodesOf(source, 'FunctionDefinition')

export function functions(source: Source): Fn[] {
  return functionNodes(source).map(node => {
    const line = lineAt(source, child(node, 'def')!.from), end_line = lineAt(source, node.to - trailing(source, node))
    const {name, receiver} = names(source, node)
    return {
      name, receiver, line, end_line, length: end_line - line + 1, parameters: countParameters(source, node),
      complexity: complexity(source, node), nesting: deepest(source, node).depth,
    }
  })
}

// trailing is how much of the end of a node is blank: blocks may reach to the statement that follows.
const trailing = (source: Source, node: Node): number => /\s*$/.exec(text(source, node))![0].length

export const nameOf = (source: Source, node: Node): string => text(source, child(node, 'VariableName') ?? node)

function names(source: Source, node: Node): {name: string; receiver: string} {
  const around: Node[] = []
  for (let outer = enclosing(node, 'FunctionDefinition', 'ClassDefinition'); outer; outer = enclosing(outer, 'FunctionDefinition', 'ClassDefinition')) {
    around.unshift(outer)
  }
  const inner = around.findLastIndex(n => n.type === 'ClassDefinition') + 1
  const join = (list: Node[]) => list.map(n => nameOf(source, n)).join('.')
  return {name: join([...around.slice(inner), node]), receiver: join(around.slice(0, inner))}
}

export const titleOf = (f: Fn): string => (f.receiver ? `${f.receiver}.${f.name}` : f.name)

const decorators = (source: Source, node: Node): string[] =>
  node.parent?.type === 'DecoratedStatement' ? node.parent.children.filter(c => c.type === 'Decorator').map(c => text(source, c).trim()) : []

// isMethod reports whether a function stands in a class itself.
export function isMethod(node: Node): boolean {
  const block = node.parent?.type === 'DecoratedStatement' ? node.parent.parent : node.parent
  return block?.parent?.type === 'ClassDefinition'
}

export function parameters(node: Node): Parameter[] {
  const list: Parameter[] = []
  let current: Partial<Parameter> = {stars: ''}, valued = false
  const add = () => {
    if (current.name) list.push(current as Parameter)
    current = {stars: ''}
    valued = false
  }
  for (const part of child(node, 'ParamList')?.children ?? []) {
    if (part.type === ',') add()
    else if (part.type === '*' || part.type === '**') current.stars = part.type
    else if (part.type === 'TypeDef') current.annotation = part
    else if (part.type === 'AssignOp') valued = true
    else if (valued && part.type !== ')') current.value ??= part
    else if (part.type === 'VariableName') current.name = part
  }
  add()
  return list
}

function countParameters(source: Source, node: Node): number {
  const n = parameters(node).length
  return n > 0 && isMethod(node) && !decorators(source, node).includes('@staticmethod') ? n - 1 : n
}

// complexity is the cyclomatic complexity as radon counts it: 1, and 1 more for each if, elif, for, while, except, assert,
// and, or, loop and condition of a comprehension, for an else of a loop or try, and for each case but one that takes all. Functions
// and classes within count by themselves.
export function complexity(source: Source, node: Node): number {
  const body = child(node, 'Body')
  let n = 1
  if (!body) return n
  for (let i = body.at + 1; i < body.end; i++) {
    const part = source.all[i]
    switch (part.type) {
      case 'FunctionDefinition':
      case 'ClassDefinition':
      case 'Decorator':
        i = part.end - 1
        break
      case 'AssertStatement':
        n++
        i = part.end - 1
        break
      case 'if':
        if (part.parent!.type !== 'Guard') n++
        break
      case 'elif': case 'for': case 'while': case 'except': case 'and': case 'or': case 'case':
        n++
        break
      case 'else':
        if (loopOrTry.has(part.parent!.type)) n++
        break
      case 'MatchStatement':
        if (takesAll(part)) n--
        break
    }
  }
  return n
}

const loopOrTry = new Set(['ForStatement', 'WhileStatement', 'TryStatement'])

function takesAll(match: Node): boolean {
  const clauses = child(match, 'MatchBody')?.children ?? []
  return clauses.some(c => c.type === 'MatchClause' && c.children[1].type === 'CapturePattern' && c.children[2].type !== ',')
}

const nests = new Set(['IfStatement', 'ForStatement', 'WhileStatement', 'TryStatement', 'WithStatement', 'MatchStatement'])

// deepest is how deep statements nest in a function, and which is the first that nests so deep.
export function deepest(source: Source, node: Node): {depth: number; statement: Node} {
  const open: Node[] = []
  let found = {depth: 0, statement: node}
  for (let i = node.at + 1; i < node.end; i++) {
    const part = source.all[i]
    if (part.type === 'FunctionDefinition' || part.type === 'ClassDefinition') i = part.end - 1
    if (!nests.has(part.type)) continue
    while (open.length && !isIn(part, open[open.length - 1])) open.pop()
    open.push(part)
    if (open.length > found.depth) found = {depth: open.length, statement: part}
  }
  return found
}
