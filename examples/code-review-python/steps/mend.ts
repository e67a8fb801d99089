import {digest} from '../lib/digest'
import {mend} from '../lib/edits'
import type {State} from '../lib/state'

export default function (state: State) {
  const fixes: State['fixes'] = []
  const files = state.files.map(file => {
    const {code, done} = mend(file.code, state.reviews[file.digest].fixes, state.fixes_per_round - fixes.length)
    fixes.push(...done.map(({rule, line}) => ({path: file.path, rule, line})))
    return done.length ? {...file, code, digest: digest(code)} : file
  })
  return {files, fixes, fix_count: fixes.length}
}
