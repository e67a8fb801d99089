package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/runindex"
)

// ended is how --keep names all runs that are over.
const ended = "ended"

// parseKeep reads what --keep was given: STATUS=AGE or STATUS=COUNT, as often as wanted.
func parseKeep(values []string) (map[runindex.Status]actors.Keep, error) {
	keep := map[runindex.Status]actors.Keep{}
	for _, value := range values {
		name, bound, _ := strings.Cut(value, "=")
		statuses := []runindex.Status{runindex.Status(name)}
		switch runindex.Status(name) {
		case runindex.Completed, runindex.Failed, runindex.Cancelled:
		case ended:
			statuses = []runindex.Status{runindex.Completed, runindex.Failed, runindex.Cancelled}
		default:
			return nil, usagef("--keep %q: only runs that have ended are let go of; write completed, failed, cancelled or ended before the =, as in completed=720h", value)
		}
		count, countErr := strconv.ParseInt(bound, 10, 64)
		age, ageErr := time.ParseDuration(bound)
		if countErr == nil && count < 1 || countErr != nil && (ageErr != nil || age <= 0) {
			return nil, usagef("--keep %q: write an age such as 720h, or a number of runs such as 10000, behind the =", value)
		}
		for _, status := range statuses {
			k := keep[status]
			if countErr == nil {
				k.Count = count
			} else {
				k.Age = age
			}
			keep[status] = k
		}
	}
	return keep, nil
}
