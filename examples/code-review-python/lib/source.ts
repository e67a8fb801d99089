// A source of Python as a tree, and where things are in it. It is made by parse.ts, which alone has the grammar.

export interface Node {
  type: string // as the grammar calls it: IfStatement, VariableName, or a keyword or sign, such as if
  from: number
  to: number
  parent: Node | null
  children: Node[]
  at: number // where it stands in all
  end: number // where the nodes in it end in all
}

export interface Place {
  line: number // from 1
  column: number // from 1, in characters
}

export interface Source {
  code: string
  root: Node
  all: Node[] // in the order of the code, each before what is in it
  starts: number[] // where the lines begin
  newline: string // how most lines end
  named: Map<string, Node[]> // the nodes of each type
}

export const text = (source: Source, node: Node): string => source.code.slice(node.from, node.to)

export const nodesOf = (source: Source, ...types: string[]): Node[] =>
  types.length === 1 ? source.named.get(types[0]) ?? [] : types.flatMap(type => source.named.get(type) ?? []).sort((a, b) => a.at - b.at)

export const child = (node: Node, type: string): Node | undefined => node.children.find(c => c.type === type)

export const isIn = (node: Node, outer: Node): boolean => node.at > outer.at && node.at < outer.end

// enclosing is the innermost node around a node that is of one of the types.
export function enclosing(node: Node, ...types: string[]): Node | null {
  let outer = node.parent
  while (outer && !types.includes(outer.type)) outer = outer.parent
  return outer
}

export function lineAt(source: Source, offset: number): number {
  let low = 0, high = source.starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (source.starts[middle] <= offset) low = middle
    else high = middle
  }
  return low + 1
}

export function placeAt(source: Source, offset: number): Place {
  const line = lineAt(source, offset)
  return {line, column: 1 + [...source.code.slice(source.starts[line - 1], offset)].length}
}

export const lineCount = (source: Source): number => source.starts.length - (source.code.endsWith('\n') || source.code === '' ? 1 : 0)

// lineText is a line without its end.
export const lineText = (source: Source, line: number): string =>
  source.code.slice(source.starts[line - 1], source.starts[line] ?? source.code.length).replace(/\r?\n$/, '')

// lineEnd is where the end of the line begins in which an offset is.
export const lineEnd = (source: Source, offset: number): number => {
  const line = lineAt(source, offset)
  return source.starts[line - 1] + lineText(source, line).length
}

// indentOf is the space before what begins at an offset; null where something else is before it in its line.
export function indentOf(source: Source, offset: number): string | null {
  const before = source.code.slice(source.starts[lineAt(source, offset) - 1], offset)
  return /^[ \t\f]*$/.test(before) ? before : null
}

// statements are those of a block: the body of a compound statement, or the module.
export const statements = (block: Node): Node[] => block.children.filter(c => c.type !== ':' && c.type !== 'Comment')

// syntaxError says where the source is wrong first; null where it can be read.
export function syntaxError(source: Source): (Place & {message: string}) | null {
  const wrong = nodesOf(source, '⚠')[0]
  const shifted = unevenBlock(source)
  if (!wrong && !shifted) return null
  if (!wrong || (shifted && shifted.from < wrong.from)) {
    return {...placeAt(source, shifted!.from), message: 'this line is indented differently than those before it'}
  }
  const rest = source.code.slice(wrong.from)
  const at = wrong.from + /^(\s|#.*)*/.exec(rest)![0].length
  if (at >= source.code.length) return {...placeAt(source, wrong.from), message: 'the source ends in the middle of a statement'}
  const word = /^(\w+|\S)/.exec(source.code.slice(at))![0]
  return {...placeAt(source, at), message: `the syntax is wrong here, at ${word}`}
}

// unevenBlock is a statement that does not begin where those of its block do.
function unevenBlock(source: Source): Node | null {
  for (const block of [source.root, ...nodesOf(source, 'Body')]) {
    let first: string | null = block === source.root ? '' : null
    for (const s of statements(block)) {
      const indent = indentOf(source, s.from)?.replace('\ufeff', '') ?? null
      if (indent === null || source.code.startsWith('\f', s.from - indent.length)) continue
      first ??= indent
      if (indent !== first && s.type !== '⚠') return s
    }
  }
  return null
}
