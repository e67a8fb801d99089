// Makes a tree of a source. Nothing here recurses: a script may call 1,000 deep, and an expression may nest deeper.
import {parser} from './python.js'
import type {Node, Source} from './source'

export function parse(code: string): Source {
  const {root, all} = build(parser.parse(plain(code)).cursor())
  const starts = [0]
  for (let i = code.indexOf('\n'); i >= 0; i = code.indexOf('\n', i + 1)) starts.push(i + 1)
  const named = new Map<string, Node[]>()
  for (const node of all) {
    const list = named.get(node.type)
    if (list) list.push(node)
    else named.set(node.type, [node])
  }
  return {code, root, all, starts, newline: code.includes('\r\n') ? '\r\n' : '\n', named}
}

// plain is the code with ends of lines that the grammar understands, every character in its place.
function plain(code: string): string {
  if (code.startsWith('\ufeff')) code = ' ' + code.slice(1)
  if (!code.includes('\r')) return code
  return code.replace(/\\\r\n/g, '\\\n ').replace(/\r\n/g, ' \n').replace(/\r/g, '\n')
}

function build(cursor: any): {root: Node; all: Node[]} {
  const all: Node[] = []
  let parent: Node | null = null
  for (;;) {
    const node: Node = {type: cursor.name, from: cursor.from, to: cursor.to, parent, children: [], at: all.length, end: 0}
    if (parent) parent.children.push(node)
    all.push(node)
    if (cursor.firstChild()) {
      parent = node
      continue
    }
    node.end = all.length
    while (!cursor.nextSibling()) {
      if (!cursor.parent()) return {root: all[0], all}
      parent!.end = all.length
      parent = parent!.parent
    }
  }
}
