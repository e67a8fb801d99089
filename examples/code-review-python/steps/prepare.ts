import {digest} from '../lib/digest'
import type {State} from '../lib/state'

const charactersMax = 256 * 1024

type Input = {path?: string; code?: string; files?: {path: string; code: string}[]; threshold?: number; fixes_per_round?: number}

export default function (_state: unknown, _ctx: unknown, input: Input): Partial<State> & {fix_count: number} {
  const files = input.files ?? [{path: input.path ?? 'code.py', code: input.code}]
  return {
    files: files.map(({path, code}, i) => {
      if (typeof path !== 'string' || typeof code !== 'string') throw new Error(`/files/${i}: give each file as {path, code}, or one as path and code`)
      if (code.length > charactersMax) throw new Error(`${path} has ${code.length} characters; a file may have ${charactersMax}: split it`)
      return {path, code, digest: digest(code)}
    }),
    threshold: input.threshold ?? 80, fixes_per_round: input.fixes_per_round ?? 20, fixes: [], fix_count: 0, reviews: {},
  }
}
