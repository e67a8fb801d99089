package workflow

import (
	"maps"
	"slices"
	"strings"
)

// nearest returns the name that a misspelt one most likely means, "" if none is near.
func nearest(name string, names []string) string {
	const longest = 64
	best, least := "", 0
	if name == "" || len(name) > longest {
		return ""
	}
	for _, candidate := range names {
		if len(candidate) > longest || candidate == name {
			continue
		}
		d := distance(strings.ToLower(name), strings.ToLower(candidate))
		if d > max(1, min(len(name), len(candidate))/3) {
			continue
		}
		if best == "" || d < least || d == least && candidate < best {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours between two texts.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		rows = [3][]int{last, row, before}
	}
	return rows[1][len(b)]
}

// keys returns a map's keys in order.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
