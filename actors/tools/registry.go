package tools

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const nameBytesMax = 64

var (
	namePattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]*$`)
	kindPattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)
)

// Registry is an immutable set of tools that can be called. It is safe for concurrent use.
type Registry struct {
	tools []Tool // sorted by name
	index map[string]int
	kinds []string // sorted
}

// NewRegistry checks the tools and compiles their schemas. The error joins everything that is wrong
// with any of them: bad or duplicate names, missing Call, bad error kinds, schemas that do not compile.
func NewRegistry(tools ...Tool) (*Registry, error) {
	r := &Registry{tools: make([]Tool, 0, len(tools)), index: make(map[string]int, len(tools))}
	var problems []error
	seen := make(map[string]bool, len(tools))
	for _, t := range tools {
		err := t.check()
		if err == nil && seen[t.Name] {
			err = fmt.Errorf("tool %s is registered twice; give one of the two another name", t.Name)
		}
		seen[t.Name] = true
		if err == nil {
			t.schemas, err = compileSchemas(t)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		r.tools = append(r.tools, t)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	slices.SortFunc(r.tools, func(a, b Tool) int { return strings.Compare(a.Name, b.Name) })
	for i, t := range r.tools {
		r.index[t.Name] = i
		r.kinds = append(r.kinds, t.Kinds...)
	}
	r.kinds = append(r.kinds, Kinds()...)
	slices.Sort(r.kinds)
	r.kinds = slices.Compact(r.kinds)
	return r, nil
}

// check says what is wrong with the tool, its schemas aside.
func (t *Tool) check() error {
	if err := checkName(t.Name); err != nil {
		return err
	}
	if t.Call == nil {
		return fmt.Errorf("tool %s has no Call function", t.Name)
	}
	if t.Timeout < 0 {
		return fmt.Errorf("tool %s has a negative timeout; 0 leaves it to the engine", t.Name)
	}
	if l := t.Limit; l.Concurrency < 0 || l.Count < 0 || l.Count > 0 && l.Per <= 0 {
		return fmt.Errorf("tool %s has a limit that makes no sense: %+v; bounds are above 0, and Count goes with Per", t.Name, l)
	}
	for _, kind := range t.Kinds {
		if !kindPattern.MatchString(kind) {
			return fmt.Errorf("tool %s declares the error kind %q; write it like quota_exceeded: a lower-case letter, then up to 63 lower-case letters, digits, '_', '.' and '-'", t.Name, kind)
		}
	}
	return nil
}

func checkName(name string) error {
	if len(name) > nameBytesMax {
		return fmt.Errorf("tool name %q has %d bytes; write at most %d", name[:nameBytesMax]+"…", len(name), nameBytesMax)
	}
	if !namePattern.MatchString(name) {
		return fmt.Errorf("tool name %q is not allowed; begin with a lower-case letter and go on with lower-case letters, digits, '_', '.' and '-', as in http.request", name)
	}
	return nil
}

// Lookup returns the named tool.
func (r *Registry) Lookup(name string) (Tool, bool) {
	i, ok := r.index[name]
	if !ok {
		return Tool{}, false
	}
	return r.tools[i], true
}

// All returns every tool, sorted by name.
func (r *Registry) All() []Tool { return slices.Clone(r.tools) }

// Kinds returns every error kind that a call of one of the tools may end with, sorted.
func (r *Registry) Kinds() []string { return slices.Clone(r.kinds) }

// Near returns the registered name that a person who wrote name most likely meant: the closest by edit
// distance, the first in order among equals, or "" where none is close.
func (r *Registry) Near(name string) string {
	names := make([]string, len(r.tools))
	for i, t := range r.tools {
		names[i] = t.Name
	}
	return nearest(name, names)
}

// nearest returns the name that is closest to another and shares something with it, "" where none is close.
func nearest(name string, names []string) string {
	best, bestDistance := "", min(max(2, len(name)/3)+1, len(name))
	for _, each := range names {
		if d := editDistance(name, each, bestDistance); d < bestDistance {
			best, bestDistance = each, d
		}
	}
	return best
}

// editDistance counts the bytes to insert, delete, replace or swap with their neighbour to make b of a.
// Once the distance is sure to reach limit, limit is returned.
func editDistance(a, b string, limit int) int {
	if diff := len(a) - len(b); diff >= limit || -diff >= limit {
		return limit
	}
	before, previous, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			replaced := previous[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, previous[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= limit {
			return limit
		}
		before, previous, row = previous, row, before
	}
	return min(previous[len(b)], limit)
}
