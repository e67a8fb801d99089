// Rules on what is valid and certainly not meant.
import {nodesOf, text, type Node} from './source'
import type {Rule} from './review'

export const assertTuple: Rule = {
  severity: 'error', advice: 'Write assert condition, message without parentheses around both',
  find: ({source}, report) => {
    for (const s of nodesOf(source, 'AssertStatement')) {
      if (s.children.length === 2 && s.children[1].type === 'TupleExpression' && s.children[1].children.length > 2) {
        report(s, 'this asserts a tuple, which is always true')
      }
    }
  },
}

const isText = (node: Node | undefined) => node !== undefined && ['String', 'ContinuedString', 'Number'].includes(node.type)

export const isLiteral: Rule = {
  severity: 'error', advice: 'Compare texts and numbers with ==',
  find: ({source}, report) => {
    for (const is of nodesOf(source, 'is')) {
      const list = is.parent!.children, literal = [list[0], list[list.length - 1]].find(isText)
      if (literal) report(is, `is compares identities; compare with ${text(source, literal)} by ${list.some(c => c.type === 'not') ? '!=' : '=='}`)
    }
  },
}
