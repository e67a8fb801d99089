// Rules on the measures of functions.
import {deepest, functionNodes, titleOf, type Fn} from './functions'
import {child, type Node} from './source'
import type {Report, Rule, Subject} from './review'

export const limits = {lines: 60, complexity: 15, parameters: 5, nesting: 4}

const each = (say: (f: Fn, node: Node, report: Report, subject: Subject) => void) => (subject: Subject, report: Report) => {
  functionNodes(subject.source).forEach((node, i) => say(subject.functions[i], child(node, 'def')!, report, subject))
}

export const longFunction: Rule = {
  severity: 'warning', advice: 'Split long functions',
  find: each((f, at, report) => {
    if (f.length > limits.lines) report(at, `${titleOf(f)} has ${f.length} lines; more than ${limits.lines} are hard to follow`)
  }),
}

export const complexFunction: Rule = {
  severity: 'warning', advice: 'Split complex functions or flatten their branches',
  find: each((f, at, report) => {
    if (f.complexity > limits.complexity) report(at, `${titleOf(f)} has a cyclomatic complexity of ${f.complexity}; ${limits.complexity} is the limit`)
  }),
}

export const manyParameters: Rule = {
  severity: 'warning', advice: 'Gather parameters that belong together in a class',
  find: each((f, at, report) => {
    if (f.parameters > limits.parameters) report(at, `${titleOf(f)} has ${f.parameters} parameters; ${limits.parameters} are enough`)
  }),
}

export const deepNesting: Rule = {
  severity: 'warning', advice: 'Return early, or move inner blocks into functions',
  find: each((f, at, report, {source}) => {
    if (f.nesting > limits.nesting) {
      report(deepest(source, at.parent!).statement, `${titleOf(f)} nests statements ${f.nesting} deep; more than ${limits.nesting} are hard to follow`)
    }
  }),
}
