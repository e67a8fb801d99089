// The review of one source: what it holds, what is wrong with it, and what can be mended safely.
import {functions, type Fn} from './functions'
import {namesOf, type Names} from './names'
import {parse} from './parse'
import {rules} from './rules'
import {lineCount, placeAt, syntaxError, type Node, type Source} from './source'

export type Severity = 'error' | 'warning' | 'info'

// Edit puts text in the place of what is between two offsets.
export interface Edit {from: number; to: number; text: string}

export interface Issue {
  rule: string
  severity: Severity
  line: number
  column: number
  message: string
  fixable: boolean
}

export interface Fix {rule: string; line: number; edits: Edit[]}

export interface Review {
  lines: number
  broken: boolean // it cannot be read
  functions: Fn[]
  issues: Issue[]
  fixes: Fix[] // one for each issue that is fixable, in their order
}

// Subject is what rules look at.
export interface Subject {
  source: Source
  functions: Fn[]
  names: Names
}

// Report is how a rule speaks up. With edits the issue is fixable.
export type Report = (at: number | Node, message: string, edits?: Edit[] | null) => void

export interface Rule {
  severity: Severity
  advice: string // for suggestions
  find: (subject: Subject, report: Report) => void
}

export function review(code: string): Review {
  const source = parse(code), lines = lineCount(source)
  const wrong = syntaxError(source)
  if (wrong) {
    const {line, column, message} = wrong
    return {lines, broken: true, functions: [], fixes: [], issues: [{rule: 'syntax', severity: 'error', line, column, message, fixable: false}]}
  }
  const subject = {source, functions: functions(source), names: namesOf(source)}
  const found: {issue: Issue; fix?: Fix}[] = []
  for (const [rule, {severity, find}] of Object.entries(rules)) {
    find(subject, (at, message, edits) => {
      const {line, column} = placeAt(source, typeof at === 'number' ? at : at.from)
      const issue = {rule, severity, line, column, message, fixable: !!edits}
      found.push(edits ? {issue, fix: {rule, line, edits}} : {issue})
    })
  }
  found.sort((a, b) => a.issue.line - b.issue.line || a.issue.column - b.issue.column)
  return {
    lines, broken: false, functions: subject.functions,
    issues: found.map(f => f.issue), fixes: found.flatMap(f => f.fix ?? []),
  }
}
