// Package document holds immutable JSON values with exact numbers, and the patches between them.
//
// It is the ground floor of weir: a run's state is a [Value], a change to it is a [Patch] of RFC 6902
// operations, and both are written into events. The package uses the standard library alone.
//
// What always holds:
//
//   - A Value never changes. Every method that seems to change one returns another that shares what
//     stayed the same, so values may be read, kept and passed between goroutines freely.
//   - A number keeps every digit. It becomes an int64 or a float64 only where the text of that is the
//     text it came from; otherwise the text itself is kept. 1.0, 1e2 and 12345678901234567890 come out
//     as they went in, and yet [Equal] compares numbers by what they are worth.
//   - The members of an object stand in JavaScript's property order: keys that look like array
//     indexes first, ascending by number, then the others sorted by bytes. So equal content has one text,
//     and a script sees the keys in the order in which they are stored.
//   - [Value.Size] and [Value.Depth] are known without looking inside.
//   - Appending to an array costs the items appended, not the array.
//
// A short example:
//
//	state := document.MustParse(`{"list":[1,2],"name":"weir"}`)
//	list, _ := state.Get("list")
//	next := state.With("list", list.Append(document.Int(3)))
//	patch := document.Diff(state, next)  // [{"op":"add","path":"/list/-","value":3}]
//	again, err := patch.Apply(state)     // equal to next
package document
