// A content's name: 53 bits and its length, after cyrb53 by bryc, which is in the public domain. It is no defence against
// somebody who looks for two contents of one name.
export function digest(content: string): string {
  let a = 0xdeadbeef, b = 0x41c6ce57
  for (let i = 0; i < content.length; i++) {
    const c = content.charCodeAt(i)
    a = Math.imul(a ^ c, 2654435761)
    b = Math.imul(b ^ c, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return `${(4294967296 * (2097151 & b) + (a >>> 0)).toString(16)}-${content.length}`
}
