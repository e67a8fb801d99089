// Makes suggestions of what was found, the most severe first: one for each function that is too much, and one for each rule.
import {titleOf, type Fn} from '../lib/functions'
import {rules} from '../lib/rules'
import {limits} from '../lib/rules_functions'
import type {Severity} from '../lib/review'
import type {State} from '../lib/state'

const suggestionsMax = 50, placesMax = 5

interface Place {path: string; line: number}

interface Suggestion {about: string; severity: Severity; text: string; count: number; places: Place[]; weight: number}

const place = ({path, line}: Place): Place => ({path, line})

function ofFunction(f: Fn & {path: string}): Suggestion[] {
  const reasons: string[] = []
  if (f.complexity > limits.complexity) reasons.push(`a complexity of ${f.complexity}`)
  if (f.length > limits.lines) reasons.push(`${f.length} lines`)
  const advice = reasons.length ? 'split it' : 'gather those that belong together in a class'
  if (f.parameters > limits.parameters) reasons.push(`${f.parameters} parameters`)
  if (!reasons.length) return []
  const text = `${titleOf(f)} has ${reasons.join(' and ')}: ${advice}`
  return [{about: 'function', severity: 'warning', text, count: 1, places: [place(f)], weight: f.complexity + f.length}]
}

const ofFunctions = ['long_function', 'complex_function', 'many_parameters'] // said better function by function

function ofRules(issues: State['issues']): Suggestion[] {
  const byRule = new Map<string, Suggestion>()
  for (const issue of issues) {
    if (ofFunctions.includes(issue.rule)) continue
    let s = byRule.get(issue.rule)
    if (!s) {
      s = {about: issue.rule, severity: issue.severity, text: rules[issue.rule]?.advice ?? 'Make the source readable', count: 0, places: [], weight: 0}
      byRule.set(issue.rule, s)
    }
    s.weight = ++s.count
    if (s.places.length < placesMax) s.places.push(place(issue))
  }
  for (const s of byRule.values()) {
    if (s.count > 1) s.text += ` (${s.count} places)`
  }
  return [...byRule.values()]
}

export default function (state: State) {
  const order: Severity[] = ['error', 'warning', 'info']
  const list = [...state.functions.flatMap(ofFunction), ...ofRules(state.issues)]
  list.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || b.weight - a.weight)
  return {suggestions: list.slice(0, suggestionsMax).map(({weight, ...s}) => s)}
}
