// The rule on what was printed to find a mistake, and stayed.
import {nameOf} from './functions'
import {isAlone, isBuiltin} from './rules_mendable'
import {enclosing, lineAt, nodesOf, statements, text, type Node, type Source} from './source'
import type {Edit, Rule, Subject} from './review'

export const debugPrint: Rule = {
  severity: 'warning', advice: 'Remove debug prints, or log what they say',
  find: (subject, report) => {
    const {source} = subject
    const found = nodesOf(source, 'ExpressionStatement').flatMap(s => debugCall(subject, s) ?? [])
    const removed = found.filter(f => f.harmless && isAlone(source, f.statement, f.end)).map(f => f.statement)
    for (const f of found) {
      report(f.statement, `${f.name} stayed from a search for mistakes`, removed.includes(f.statement) ? removal(source, f.statement, f.end, removed) : null)
    }
  },
}

interface DebugCall {statement: Node; name: string; end: number; harmless: boolean}

// debugCall tells a call that serves to find a mistake. A program prints what it has to say, so that in one only what calls
// itself a debug print is taken for one.
function debugCall(subject: Subject, statement: Node): DebugCall | null {
  const {source} = subject, call = statement.children[0]
  if (call.type !== 'CallExpression') return null
  const name = text(source, call.children[0]), args = call.children[1]
  const found = {statement, name: `${name}()`, end: call.to}
  if ((name === 'breakpoint' && isBuiltin(subject, name)) || ['pdb.set_trace', 'ipdb.set_trace'].includes(name)) {
    return {...found, harmless: args.children.length === 2}
  }
  if (name !== 'print' || !isBuiltin(subject, name) || args.children.some((c, i) => c.type === 'AssignOp' && text(source, args.children[i - 1]) === 'file')) return null
  if ((isProgram(source) || isForPeople(source, statement)) && !/^\(\s*[a-zA-Z]*["']+\W*debug/i.test(text(source, args))) return null
  return {...found, harmless: isHarmless(source, args)}
}

// isProgram reports whether a source talks to people by the look of it: it can be started, reads a command line or asks.
const isProgram = (source: Source): boolean =>
  /^#!|^if __name__ ==|^\s*(import|from) (argparse|optparse|getopt|click|typer|fire|cmd|curses)\b|\bsys\.argv\b|\binput\(/m.test(source.code)

// isForPeople reports whether a statement stands in a function whose name says that it prints.
function isForPeople(source: Source, statement: Node): boolean {
  const around = enclosing(statement, 'FunctionDefinition')
  return around !== null && /^_*(main|p?print|show|dump|display|usage|help|report)/i.test(nameOf(source, around))
}

const harmless = new Set(['(', ')', '{', '}', ',', ':', 'VariableName', 'AssignOp', 'String', 'ContinuedString', 'FormatString', 'FormatReplacement', 'FormatConversion', 'FormatSpec',
  'FormatSelfDoc', 'Escape', 'Number', 'Boolean', 'None', 'Comment'])

// isHarmless reports whether nothing happens but that something is printed: there are only names and literals.
function isHarmless(source: Source, args: Node): boolean {
  for (let i = args.at + 1; i < args.end; i++) {
    if (!harmless.has(source.all[i].type)) return false
  }
  return true
}

// removal takes a statement away with its lines, or puts pass in its place where its block would be left empty.
function removal(source: Source, statement: Node, end: number, removed: Node[]): Edit[] {
  const block = statement.parent!
  if (enclosing(statement, 'Body') === block && statements(block).every(s => removed.includes(s)) && statements(block)[0] === statement) {
    return [{from: statement.from, to: end, text: 'pass'}]
  }
  const after = source.starts[lineAt(source, end)] ?? source.code.length
  return [{from: source.starts[lineAt(source, statement.from) - 1], to: after, text: ''}]
}
