// JSON as text: what JSON.parse would hide. The tests compare bytes, and keep integers that a JavaScript
// number cannot hold.

// splitMember returns the texts of the items of the array under a key of an object's text.
export function splitMember(text, key) {
  const start = text.indexOf(`"${key}":[`);
  if (start < 0) throw new Error(`no list ${key} in ${text.slice(0, 200)}`);
  const items = [];
  let depth = 0;
  let from = start + key.length + 4;
  for (let i = from; ; i++) {
    const c = text[i];
    if (c === undefined) throw new Error(`the list ${key} has no end`);
    if (c === '"') i = endOfString(text, i);
    else if (c === '{' || c === '[') depth++;
    else if ((c === ']' && depth === 0) || (c === ',' && depth === 0)) {
      if (i > from) items.push(text.slice(from, i));
      if (c === ']') return items;
      from = i + 1;
    } else if (c === '}' || c === ']') depth--;
  }
}

// endOfString returns the position of the quote that ends the string that begins at i.
function endOfString(text, i) {
  for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
  return i;
}

// parseExactly parses JSON; numbers that a JavaScript number does not hold become strings "exactly …".
export function parseExactly(text) {
  let out = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') {
      i = endOfString(text, i);
      continue;
    }
    if (!/[-0-9]/.test(text[i])) continue;
    const number = /^-?[0-9.eE+-]+/.exec(text.slice(i, i + 400))[0];
    if (String(Number(number)) !== number) {
      out += text.slice(from, i) + JSON.stringify('exactly ' + number);
      from = i + number.length;
    }
    i += number.length - 1;
  }
  return JSON.parse(out + text.slice(from));
}
