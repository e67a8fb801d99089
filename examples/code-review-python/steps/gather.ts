// Brings the reviews of all files together, in the order of the files.
import {titleOf} from '../lib/functions'
import type {State} from '../lib/state'

const listedMax = 1000 // issues; counts go on

export default function (state: State) {
  const fresh = Object.fromEntries(state.reviewed.map(({digest, ...review}) => [digest, review]))
  const all = state.files.map(({path, digest}) => ({path, digest, review: fresh[digest] ?? state.reviews[digest]}))
  for (const {path, review} of all) {
    if (review.broken && state.fixes.some(f => f.path === path)) throw new Error(`mending ${path} has broken it`)
  }
  const functions = all.flatMap(({path, review}) => review.functions.map(f => ({path, ...f})))
  // What a package's __init__.py imports is there for those who import the package.
  const issues = all.flatMap(({path, review}) =>
    review.issues.filter(i => i.rule !== 'unused_import' || !/(^|\/)__init__\.py$/.test(path)).map(i => ({path, ...i})))
  const count = (severity: string) => issues.filter(i => i.severity === severity).length
  const total = functions.reduce((sum, f) => sum + f.complexity, 0)
  return {
    reviews: Object.fromEntries(all.map(({digest, review}) => [digest, review])),
    reviewed: [],
    functions,
    function_count: functions.length,
    line_count: all.reduce((sum, {review}) => sum + review.lines, 0),
    complexity: {
      total,
      max: functions.reduce((most, f) => Math.max(most, f.complexity), 0),
      average: Math.round(100 * total / Math.max(1, functions.length)) / 100,
      functions: functions.map(f => ({path: f.path, name: titleOf(f), line: f.line, complexity: f.complexity})),
    },
    issues: issues.slice(0, listedMax),
    issue_count: issues.length,
    fixable_count: issues.filter(i => i.fixable).length,
    severities: {error: count('error'), warning: count('warning'), info: count('info')},
  }
}
