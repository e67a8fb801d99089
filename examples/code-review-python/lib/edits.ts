// Applies fixes to a text.
import type {Edit, Fix} from './review'

// mend makes at most so many fixes, in their order. Where two touch, the later one waits for the next round, which sees what
// the first has made of the place.
export function mend(code: string, fixes: Fix[], limit: number): {code: string; done: Fix[]} {
  const done: Fix[] = [], edits: Edit[] = []
  for (const fix of fixes) {
    if (done.length >= limit) break
    if (fix.edits.some(a => edits.some(b => touch(a, b)))) continue
    done.push(fix)
    edits.push(...fix.edits)
  }
  edits.sort((a, b) => a.from - b.from || a.to - b.to)
  let out = '', at = 0
  for (const {from, to, text} of edits) {
    out += code.slice(at, from) + text
    at = to
  }
  return {code: out + code.slice(at), done}
}

// touch: texts that are put in at one place keep their order, and so may stand side by side.
const touch = (a: Edit, b: Edit): boolean => a.from <= b.to && b.from <= a.to && !(a.from === a.to && b.from === b.to)
