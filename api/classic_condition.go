package api

import (
	"math"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// operators are the comparisons of dialect B, with JavaScript's for those that ask for an order.
var operators = map[string]string{"eq": "", "ne": "", "lt": "<", "gt": ">", "lte": "<=", "gte": ">="}

// condition writes state[key] operator value as a JavaScript expression that holds where it held in
// Python: True equals 1, integers of any size compare exactly, with floats too, texts compare by code
// point, lists and objects by what is in them; a missing key and kinds that do not compare make every
// comparison false, but ne.
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

// member is what is under the key, with the digits of its numbers where the value it meets needs them.
func member(key string, value document.Value) string {
	found := "state[" + literal(key) + "]"
	if large(value) {
		return "(" + exactFunction + ")(" + found + ", " + literal(document.Pointer(key)) + ")"
	}
	return found
}

// doubleMax is 2^53, up to which a double holds every integer.
const doubleMax = 1 << 53

// large reports whether a number in value is as large as integers that doubles round. What is rounded
// stays on its side of every smaller number, so that only these need to meet exact numbers.
func large(value document.Value) bool {
	f, _, _ := value.AsFloat()
	if math.Abs(f) >= doubleMax {
		return true
	}
	for _, item := range value.Items() {
		if large(item) {
			return true
		}
	}
	for _, m := range value.Members() {
		if large(m) {
			return true
		}
	}
	return false
}

// numeric holds for a number v, or a boolean, which Python counts among the numbers.
const numeric = `(typeof v === "number" || typeof v === "boolean" || typeof v === "bigint")`

func equals(key string, value document.Value) string {
	found := member(key, value)
	switch value.Kind() {
	case document.KindNull, document.KindString:
		return own(key) + " && " + found + " === " + constant(value)
	case document.KindBool, document.KindNumber:
		return "(v => " + numeric + " && v == " + constant(value) + ")(" + found + ")"
	case document.KindArray, document.KindObject:
	}
	return own(key) + " && (" + equalFunction + ")(" + found + ", " + constant(value) + ")"
}

func ordered(key, test string, value document.Value) string {
	found := member(key, value)
	switch value.Kind() {
	case document.KindBool, document.KindNumber:
		return "(v => " + numeric + " && v " + test + " " + constant(value) + ")(" + found + ")"
	case document.KindString:
		return "(v => typeof v === \"string\" && (" + textOrder + ")(v, " + constant(value) + ") " + test + " 0)(" + found + ")"
	case document.KindArray:
		// A pair without an order gives undefined, which no comparison holds for.
		return "(v => Array.isArray(v) && (" + orderFunction + ")(v, " + constant(value) + ") " + test + " 0)(" + found + ")"
	case document.KindNull, document.KindObject:
	}
	return "false" // null and objects have no order
}

// literal is a text as a JavaScript literal. JSON text is one: document escapes the two line separators
// that JavaScript once did not allow.
func literal(text string) string { return document.String(text).String() }

// constant is a value as JavaScript; an integer that a double may not hold is a BigInt.
func constant(value document.Value) string {
	switch value.Kind() {
	case document.KindNumber:
		if text := value.NumberText(); large(value) && !strings.ContainsAny(text, ".eE") {
			return "(" + text + "n)"
		}
		return "(" + value.NumberText() + ")"
	case document.KindArray:
		var items []string
		for _, item := range value.Items() {
			items = append(items, constant(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case document.KindObject:
		var members []string
		for key, m := range value.Members() {
			members = append(members, "["+literal(key)+"]: "+constant(m)) // __proto__: … would set the prototype
		}
		return "({" + strings.Join(members, ", ") + "})"
	case document.KindNull, document.KindBool, document.KindString:
	}
	return value.String()
}

// exactFunction takes a value of the state and the pointer to it, and gives it with every integer that a
// double may have rounded as a BigInt. What is written with a point or an exponent was a float in Python.
const exactFunction = `function exact(v, at) {
  if (typeof v === "number") {
    if (Math.abs(v) < 2 ** 53) return v;
    const digits = ctx.exact(at);
    return /[.eE]/.test(digits) ? v : BigInt(digits);
  }
  if (Array.isArray(v)) return v.map((item, i) => exact(item, at + "/" + i));
  if (v === null || typeof v !== "object") return v;
  return Object.fromEntries(Object.keys(v).map(k => [k, exact(v[k], at + "/" + k.replaceAll("~", "~0").replaceAll("/", "~1"))]));
}`

// equalFunction compares as Python's == does.
const equalFunction = `function equal(a, b) {
  if (typeof a === "boolean") a = +a;
  if (typeof b === "boolean") b = +b;
  if (a === b) return true;
  if (typeof a === "bigint" && typeof b === "number" || typeof a === "number" && typeof b === "bigint") return a == b;
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
  const isNumber = v => typeof v === "number" || typeof v === "boolean" || typeof v === "bigint";
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") return (` + textOrder + `)(a, b);
  if (!Array.isArray(a) || !Array.isArray(b)) return undefined;
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (!equal(a[i], b[i])) return order(a[i], b[i]);
  }
  return a.length - b.length;
}`
