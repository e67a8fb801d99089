// Rules whose issues can be mended without changing what is meant. Where that is not sure, they leave it to a person.
import {functionNodes, nameOf, parameters, type Parameter} from './functions'
import {wildcards} from './rules_names'
import {child, enclosing, indentOf, isIn, lineEnd, nodesOf, statements, text, type Node, type Source} from './source'
import type {Edit, Rule, Subject} from './review'

// isBuiltin reports whether a name surely means the builtin.
export const isBuiltin = ({source, names}: Subject, name: string): boolean => !names.bound.has(name) && wildcards(source).length === 0

export const bareExcept: Rule = {
  severity: 'warning', advice: 'Say which exceptions are caught: a bare except catches the end of the program, too',
  find: (subject, report) => {
    const {source} = subject
    for (const except of nodesOf(source, 'except')) {
      const list = except.parent!.children, i = list.indexOf(except), body = list[i + 1]
      // One that raises again only cleans up.
      if (body?.type !== 'Body' || raisesAgain(source, body)) continue
      const earlier = list.slice(0, i).some(c => c.type !== 'Body' && /\b(Base)?Exception\b/.test(text(source, c)))
      const edits = !earlier && isBuiltin(subject, 'Exception') ? [{from: except.to, to: except.to, text: ' Exception'}] : null
      report(except, 'a bare except catches KeyboardInterrupt and SystemExit, too', edits)
    }
  },
}

const raisesAgain = (source: Source, body: Node): boolean =>
  nodesOf(source, 'RaiseStatement').some(r => r.children.length === 1 && isIn(r, body))

export const noneComparison: Rule = {
  severity: 'warning', advice: 'Compare with None by is',
  find: ({source}, report) => {
    for (const op of nodesOf(source, 'CompareOp')) {
      const sign = text(source, op), comparison = op.parent!
      if ((sign !== '==' && sign !== '!=') || comparison.children.length !== 3 || !comparison.children.some(c => c.type === 'None')) continue
      const word = sign === '==' ? 'is' : 'is not'
      // Elsewhere than in a condition the answer may be more than true or false, as in a query.
      const edits = isCondition(comparison) && !isChained(comparison) ? [{from: op.from, to: op.to, text: spaced(source, op, word)}] : null
      report(op, `compare with None by ${word}`, edits)
    }
  },
}

function spaced(source: Source, op: Node, word: string): string {
  const before = /\s/.test(source.code[op.from - 1]) ? '' : ' ', after = /\s/.test(source.code[op.to]) ? '' : ' '
  return before + word + after
}

const compares = (node: Node): boolean =>
  node.type === 'BinaryExpression' && node.children.some(c => ['CompareOp', 'in', 'is', 'not'].includes(c.type))

const isChained = (node: Node): boolean => compares(node.parent!) || compares(node.children[0])

// isCondition reports whether nothing but the truth of an expression counts.
function isCondition(node: Node): boolean {
  for (let inner = node, outer = node.parent!; ; inner = outer, outer = outer.parent!) {
    switch (outer.type) {
      case 'ParenthesizedExpression': case 'UnaryExpression': continue
      case 'BinaryExpression':
        if (!outer.children.some(c => c.type === 'and' || c.type === 'or')) return false
        continue
      case 'IfStatement': case 'WhileStatement': case 'Guard': return true
      case 'AssertStatement': return outer.children[1] === inner
      case 'ConditionalExpression': return outer.children[2] === inner
      default: return outer.children[outer.children.indexOf(inner) - 1]?.type === 'if'
    }
  }
}

export const mutableDefault: Rule = {
  severity: 'warning', advice: 'Make mutable defaults in the body: one that stands in the parameters is shared by all calls',
  find: (subject, report) => {
    const {source} = subject
    for (const node of [...functionNodes(source), ...nodesOf(source, 'LambdaExpression')]) {
      for (const p of parameters(node)) {
        if (p.value && isMutable(subject, p.value)) {
          report(p.name, `the default of ${text(source, p.name)} is made once and shared by all calls`, guarded(subject, node, p))
        }
      }
    }
  },
}

function isMutable(subject: Subject, value: Node): boolean {
  if (/^(Array|Dictionary|Set)(Comprehension)?Expression$/.test(value.type)) return true
  if (value.type !== 'CallExpression' || value.children[0].type !== 'VariableName') return false
  const name = nameOf(subject.source, value)
  return ['list', 'dict', 'set', 'bytearray'].includes(name) && isBuiltin(subject, name)
}

// guarded are the edits that make the default in the body; null where a person has to decide.
function guarded(subject: Subject, node: Node, {name, annotation, value}: Parameter): Edit[] | null {
  const {source} = subject, word = text(source, name)
  const body = child(node, 'Body')
  // An annotation would have to change, too. A default that is meant to be shared is called so.
  if (!body || annotation || /^_|cache|memo|seen|registry|shared/i.test(word)) return null
  if (!isConstant(source, value!) || decidesOnNone(source, word, body) || isRebound(subject, word, node)) return null
  const at = guardPlace(source, node, body)
  if (!at) return null
  const lines = [`${at.indent}if ${word} is None:`, `${at.indent}${at.step}${word} = ${text(source, value!)}`].join(source.newline)
  const guard = at.after ? source.newline + lines : lines + source.newline
  return [{from: value!.from, to: value!.to, text: 'None'}, {from: at.offset, to: at.offset, text: guard}]
}

// isConstant reports whether a value is the same wherever it is computed: it holds no names but those of what makes it.
function isConstant(source: Source, value: Node): boolean {
  if (text(source, value).includes('\n')) return false
  for (let i = value.at + 1; i < value.end; i++) {
    const part = source.all[i]
    if (part.type === 'VariableName' && part.parent !== value) return false
    if (part.type === 'VariableName' && value.type !== 'CallExpression') return false
    if (['for', 'FormatString', 'CallExpression', 'LambdaExpression', 'NamedExpression', 'AwaitExpression'].includes(part.type)) return false
  }
  return true
}

// decidesOnNone reports whether the body already gives None a meaning of its own.
const decidesOnNone = (source: Source, word: string, body: Node): boolean =>
  new RegExp(`\\b${word}\\s*(is|==|!=)(\\s+not)?\\s*None\\b|\\bNone\\s*(is|==|!=)(\\s+not)?\\s*${word}\\b`).test(text(source, body))

// isRebound reports whether None would mean another thing by then: the name is declared, or a parameter twice.
const isRebound = ({names}: Subject, word: string, node: Node): boolean =>
  names.bindings.some(b => b.name === word && b.kind === 'declared' && isIn(b.node, node))

// guardPlace is where a guard goes: before the first statement, but after the description of the function.
function guardPlace(source: Source, node: Node, body: Node) {
  const first = statements(body)[0]
  const outer = indentOf(source, (node.parent!.type === 'DecoratedStatement' ? node.parent! : node).from)
  const indent = first && indentOf(source, first.from)
  if (!indent || outer === null) return null // the body is on the line of def, or def is not alone on its own
  const step = indent.startsWith(outer) && indent !== outer ? indent.slice(outer.length) : '    '
  const describes = (s: Node) => s.type === 'ExpressionStatement' && /^(String|ContinuedString)$/.test(s.children[0].type)
  if (first.type === 'StatementGroup' && describes(first.children[0])) return null
  if (describes(first)) return {offset: lineEnd(source, first.children[0].to), indent, step, after: true}
  return {offset: first.from - indent.length, indent, step, after: false}
}

// isAlone reports whether a statement has its lines for itself, without a comment.
export function isAlone(source: Source, statement: Node, end: number): boolean {
  return indentOf(source, statement.from) !== null && source.code.slice(end, lineEnd(source, end)).trim() === '' &&
    enclosing(statement, 'StatementGroup') === null
}
