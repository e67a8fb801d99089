package main

import (
	"fmt"
	"strings"
)

// blocks are what stands on the page between marks, by name: <!-- figures: NAME --> and <!-- end --> around it.
func blocks(all results) map[string]string {
	made := map[string]string{"main": mainTable(all)}
	for name, w := range map[string]wanted{
		"linear": {workload: "linear"}, "linear checkpoint": {workload: "linear", checkpoint: true}, "linear engine": {workload: "linear", engine: true},
		"loop": {workload: "loop"}, "burst": {workload: "burst"}, "parked": {workload: "parked"}, "recover": {workload: "recover"},
		"cold": {workload: "cold"}, "tail": {workload: "tail"}, "append": {workload: "append"},
		"growth runs": {workload: "growth", along: "runs"}, "growth state": {workload: "growth", along: "state"},
		"growth history": {workload: "growth", along: "history"}, "growth tails": {workload: "growth", along: "tails"},
		"growth open": {workload: "growth", along: "open"},
	} {
		if r, ok := all.find(w); ok {
			made[name] = whole(r)
			if name == "linear" {
				made[name] += "\n\n" + headroom(r)
			}
		}
	}
	return made
}

const (
	begin = "<!-- figures: "
	end   = "<!-- end -->"
)

// fill puts the blocks into the page, each between its marks. A mark without figures, or figures without a mark, are told.
func fill(page string, made map[string]string) (filled string, missing []string, err error) {
	var text strings.Builder
	used := map[string]bool{}
	for {
		before, rest, found := strings.Cut(page, begin)
		text.WriteString(before)
		if !found {
			break
		}
		name, rest, _ := strings.Cut(rest, " -->")
		old, rest, ended := strings.Cut(rest, end)
		if !ended {
			return "", nil, fmt.Errorf("after %s%s --> there is no %s", begin, name, end)
		}
		block, has := made[name]
		if used[name] = true; has {
			old = "\n" + block + "\n"
		} else {
			missing = append(missing, "there are no figures of "+name)
		}
		text.WriteString(begin + name + " -->" + old + end)
		page = rest
	}
	for name := range made {
		if !used[name] {
			missing = append(missing, "the page has no place for "+name)
		}
	}
	return text.String(), missing, nil
}
