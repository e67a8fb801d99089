// What the steps share in the state of a run.
import type {Fn} from './functions'
import type {Issue, Review} from './review'

export interface File {path: string; code: string; digest: string}

export interface State {
  files: File[]
  threshold: number
  fixes_per_round: number
  fixes: {path: string; rule: string; line: number}[]
  reviews: Record<string, Review>
  reviewed: (Review & {digest: string})[]
  functions: (Fn & {path: string})[]
  issues: (Issue & {path: string})[]
}
