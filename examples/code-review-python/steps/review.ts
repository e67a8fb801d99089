import {review} from '../lib/review'
import type {File} from '../lib/state'

declare const file: File // the item of the map

export default () => ({digest: file.digest, ...review(file.code)})
