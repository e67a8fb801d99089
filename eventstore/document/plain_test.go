package document

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

var errPlain = errors.New("does not fit")

// plainApply is RFC 6902 written down as simply as can be, over maps and slices: what Apply is measured by.
func plainApply(doc any, op Op) (any, error) {
	switch op.Op {
	case OpTest:
		x, err := plainGet(doc, op.Path)
		if err == nil && !Equal(must(From(x)), op.Value) {
			err = errPlain
		}
		return doc, err
	case OpMove, OpCopy:
		x, err := plainGet(doc, op.From)
		if err != nil || op.Op == OpMove && op.From == op.Path {
			return doc, err
		}
		if op.Op == OpMove {
			if doc, err = plainSet(doc, Op{Op: OpRemove, Path: op.From}, nil); err != nil {
				return nil, err
			}
		}
		return plainSet(doc, Op{Op: OpAdd, Path: op.Path}, x)
	default:
		return plainSet(doc, op, op.Value.Any())
	}
}

func must(v Value, err error) Value {
	if err != nil {
		panic(err)
	}
	return v
}

func plainTokens(path string) []string {
	tokens := strings.Split(path, "/")[1:]
	for i, token := range tokens {
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return tokens
}

func plainGet(doc any, path string) (any, error) {
	if path == "" {
		return doc, nil
	}
	for _, token := range plainTokens(path) {
		switch x := doc.(type) {
		case map[string]any:
			child, ok := x[token]
			if !ok {
				return nil, errPlain
			}
			doc = child
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(x) || strconv.Itoa(i) != token {
				return nil, errPlain
			}
			doc = x[i]
		default:
			return nil, errPlain
		}
	}
	return doc, nil
}

func plainSet(doc any, op Op, value any) (any, error) {
	if op.Path == "" {
		if op.Op == OpRemove {
			return nil, errPlain
		}
		return value, nil
	}
	cut := strings.LastIndex(op.Path, "/")
	last := plainTokens(op.Path[cut:])[0]
	parent, err := plainGet(doc, op.Path[:cut])
	if err != nil {
		return nil, err
	}
	switch x := parent.(type) {
	case map[string]any:
		if _, there := x[last]; !there && op.Op != OpAdd {
			return nil, errPlain
		}
		x = maps.Clone(x)
		if x[last] = value; op.Op == OpRemove {
			delete(x, last)
		}
		parent = x
	case []any:
		if last == "-" {
			last = strconv.Itoa(len(x))
		}
		i, err := strconv.Atoi(last)
		if err != nil || i < 0 || i > len(x) || strconv.Itoa(i) != last || i == len(x) && op.Op != OpAdd {
			return nil, errPlain
		}
		switch op.Op {
		case OpAdd:
			parent = slices.Insert(slices.Clone(x), i, value)
		case OpRemove:
			parent = slices.Delete(slices.Clone(x), i, i+1)
		default:
			x = slices.Clone(x)
			x[i], parent = value, x
		}
	default:
		return nil, errPlain
	}
	return plainSet(doc, Op{Op: OpReplace, Path: op.Path[:cut]}, parent)
}

// plainText is the text that encoding/json gives a value, for comparison.
func plainText(x any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
