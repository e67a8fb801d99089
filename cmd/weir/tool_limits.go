package main

import (
	"strconv"
	"strings"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
)

// toolCallsMax bounds --tool-limit.
const toolCallsMax = 1_000_000

// parseToolLimits reads --tool-limit and --tool-rate, the limits of tools by their names.
func parseToolLimits(concurrency, rates []string) (map[string]tools.Limit, error) {
	limits := map[string]tools.Limit{}
	for _, text := range concurrency {
		name, value, _ := strings.Cut(text, "=")
		count, err := strconv.Atoi(value)
		if name == "" || err != nil || count < 1 || count > toolCallsMax {
			return nil, usagef("--tool-limit %q: write a tool and a number from 1 to %d, as in http.request=20", text, toolCallsMax)
		}
		limit := limits[name]
		limit.Concurrency = count
		limits[name] = limit
	}
	for _, text := range rates {
		name, value, _ := strings.Cut(text, "=")
		rate, err := workflow.ParseRate(value)
		if name == "" || err != nil {
			return nil, usagef("--tool-rate %q: write a tool, and a count from 1 to %d over a duration, as in http.request=100/1m", text, workflow.RateMax)
		}
		limit := limits[name]
		limit.Count, limit.Per = rate.Count, rate.Per
		limits[name] = limit
	}
	return limits, nil
}
