// Rules on the text itself.
import {isIn, lineText, nodesOf, text, type Source} from './source'
import type {Rule} from './review'

export const trailingSpace: Rule = {
  severity: 'info', advice: 'Remove the space at the ends of lines',
  find: ({source}, report) => {
    const strings = spans(source)
    source.starts.forEach((start, i) => {
      const line = lineText(source, i + 1), kept = line.replace(/[ \t]+$/, '')
      const from = start + kept.length, to = start + line.length
      // The space after a backslash goes with it, and that in strings is part of them.
      if (from === to || kept.endsWith('\\') || strings.some(s => s.from < to && to < s.to)) return
      report(from, 'space at the end of the line', [{from, to, text: ''}])
    })
  },
}

// spans are the strings of several lines.
const spans = (source: Source) => nodesOf(source, 'String', 'FormatString').filter(s => text(source, s).includes('\n'))

export const missingNewline: Rule = {
  severity: 'info', advice: 'End files with a newline',
  find: ({source}, report) => {
    const {code, newline} = source
    if (code !== '' && !/[\n\r]$/.test(code)) report(code.length, 'the file does not end with a newline', [{from: code.length, to: code.length, text: newline}])
  },
}

export const openComment: Rule = {
  severity: 'info', advice: 'Do what the open comments say, or drop them',
  find: ({source}, report) => {
    const strings = nodesOf(source, 'String', 'FormatString')
    for (const comment of nodesOf(source, 'Comment')) {
      if (strings.some(s => isIn(comment, s))) continue
      const word = /\b(TODO|FIXME|XXX|HACK)\b/.exec(text(source, comment))
      if (word) report(comment.from + word.index, `${word[1]} in a comment`)
    }
  },
}
