package api

import (
	"github.com/weirflow/weir/eventstore/document"
)

// operators are the comparisons of dialect B, with JavaScript's for those that ask for an order.
var operators = map[string]string{"eq": "", "ne": "", "lt": "<", "gt": ">", "lte": "<=", "gte": ">="}

// condition writes state[key] operator value as a JavaScript expression that holds where it held in
// Python: True equals 1, texts compare by code point, lists and objects by what is in them; a missing key
// and kinds that do not compare make every comparison false, but ne.
func condition(key, operator string, value document.Value) string {
	switch operator {
	case "ne":
		return "!(" + equals(key, value) + ")"
	case "eq", "":
		return equals(key, value)
	}
	return ordered(key, operators[operator], value)
}

// own says that state has the key; what objects inherit is no key.
func own(key string) string { return "Object.hasOwn(state, " + literal(key) + ")" }

func member(key string) string { return "state[" + literal(key) + "]" }

// literal is a text as a JavaScript literal. JSON text is one: document escapes the two line separators
// that JavaScript once did not allow.
func literal(text string) string { return document.String(text).String() }

// numeric holds for a number or a boolean v, which Python counts among the numbers.
const numeric = `(typeof v === "number" || typeof v === "boolean")`

func equals(key string, value document.Value) string {
	switch value.Kind() {
	case document.KindNull, document.KindString:
		return own(key) + " && " + member(key) + " === " + value.String()
	case document.KindBool, document.KindNumber:
		return "(v => " + numeric + " && +v === " + number(value) + ")(" + member(key) + ")"
	case document.KindArray, document.KindObject:
	}
	return own(key) + " && (" + equalFunction + ")(" + member(key) + ", " + constant(value) + ")"
}

func ordered(key, test string, value document.Value) string {
	switch value.Kind() {
	case document.KindBool, document.KindNumber:
		return "(v => " + numeric + " && +v " + test + " " + number(value) + ")(" + member(key) + ")"
	case document.KindString:
		return "(v => typeof v === \"string\" && (" + textOrder + ")(v, " + value.String() + ") " + test + " 0)(" + member(key) + ")"
	case document.KindArray:
		// A pair without an order gives undefined, which no comparison holds for.
		return "(v => Array.isArray(v) && (" + orderFunction + ")(v, " + constant(value) + ") " + test + " 0)(" + member(key) + ")"
	case document.KindNull, document.KindObject:
	}
	return "false" // null and objects have no order
}

// number is a number or boolean as a JavaScript number.
func number(value document.Value) string {
	if b, ok := value.AsBool(); ok {
		if b {
			return "1"
		}
		return "0"
	}
	return "(" + value.NumberText() + ")"
}

// constant is a list or object; as an object literal a key __proto__ would set the prototype.
func constant(value document.Value) string { return "JSON.parse(" + literal(value.String()) + ")" }

// equalFunction compares as Python's == does.
const equalFunction = `function equal(a, b) {
  if (typeof a === "boolean") a = +a;
  if (typeof b === "boolean") b = +b;
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(k => Object.hasOwn(b, k) && equal(a[k], b[k]));
}`

// textOrder orders texts by code point. JavaScript compares code units, and surrogates, which stand for
// the highest code points, are not the highest units.
const textOrder = `(a, b) => {
  const rank = c => c < 0xd800 ? c : c < 0xe000 ? c + 0x2000 : c - 0x800;
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i < a.length && i < b.length ? rank(a.charCodeAt(i)) - rank(b.charCodeAt(i)) : a.length - b.length;
}`

// orderFunction orders numbers, texts and lists of them as Python does; other pairs have no order.
const orderFunction = `function order(a, b) {
  const equal = ` + equalFunction + `;
  const isNumber = v => typeof v === "number" || typeof v === "boolean";
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") return (` + textOrder + `)(a, b);
  if (!Array.isArray(a) || !Array.isArray(b)) return undefined;
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (!equal(a[i], b[i])) return order(a[i], b[i]);
  }
  return a.length - b.length;
}`
