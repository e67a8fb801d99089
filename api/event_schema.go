package api

import (
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/eventstore/event"
)

const exampleEvent = `{"run":"review-7","n":3,"type":"NodeCompleted","at":"2026-11-02T09:30:00.131520341Z","node":"extract","visit":1,"attempt":1,"duration_ns":81234,"output_bytes":57}`

// eventTypes are the types a tail can be narrowed to.
var eventTypes = []event.Type{
	event.TypeRunStarted, event.TypeNodeStarted, event.TypeNodeCompleted, event.TypeNodeFailed, event.TypeStateChanged,
	event.TypeEdgeTaken, event.TypeScriptLogged, event.TypeTimerSet, event.TypeTimerFired, event.TypeSignalReceived,
	event.TypeChildStarted, event.TypeChildCompleted,
	event.TypeCallStarted, event.TypeCallCompleted, event.TypeCallsAwaited,
	event.TypeRunPaused, event.TypeRunResumed, event.TypeRunCancelRequested, event.TypeRunFailing, event.TypeRunCompleted, event.TypeRunFailed, event.TypeRunCancelled,
	event.TypeRunRetired,
}

func eventTypeNames() []any {
	names := make([]any, len(eventTypes))
	for i, t := range eventTypes {
		names[i] = string(t)
	}
	return names
}

// parseEventTypes reads types that are separated by commas; none means all.
func parseEventTypes(values []string) ([]event.Type, *problem) {
	var types []event.Type
	for _, value := range values {
		for name := range strings.SplitSeq(value, ",") {
			t := event.Type(strings.TrimSpace(name))
			if t == "" {
				continue
			}
			if !slices.Contains(eventTypes, t) {
				p := newProblem(kindInvalid, "%s", mistakes(1)).add("query.type", name, "there is no such type of event")
				p.Errors[0].Hint = "the types are " + joinTypes()
				return nil, p
			}
			types = append(types, t)
		}
	}
	return types, nil
}

func joinTypes() string {
	names := make([]string, len(eventTypes))
	for i, t := range eventTypes {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

const eventDescription = `One fact about a run. Further fields depend on the type:

| type | fields |
| --- | --- |
| RunStarted | workflow, revision, input, start, labels, by, queue, parent, depth |
| NodeStarted | node, visit, attempt, tokens, input (digest), tie, signal, items, item |
| NodeCompleted | node, visit, attempt, duration_ns, output_bytes, item, result |
| NodeFailed | node, visit, attempt, duration_ns, kind, message, position, retry_at, item, call, kept |
| StateChanged | node, visit, patch (RFC 6902) |
| EdgeTaken | from, visit, to, token, edge, when, via |
| ScriptLogged | node, visit, attempt, lines, item |
| TimerSet, TimerFired | timer, node, visit, due |
| SignalReceived | signal, id, payload, by |
| ChildStarted | node, visit, attempt, item, child, workflow, revision, due |
| ChildCompleted | node, visit, attempt, item, child, status, kind, message, state (digest) |
| CallStarted | node, visit, call, attempt, kind (tool, sleep or signal), name, args, wait_ns, due, retry, seen, behind |
| CallCompleted | node, visit, call, attempt, duration_ns, result, kind and message (of its error), retry_at |
| CallsAwaited | node, visit, seen, behind |
| RunPaused | by, reason |
| RunResumed | reason (resume or retry), by, note, revision (digest) |
| RunCancelRequested | by, reason |
| RunFailing | kind, message, node, visit, position |
| RunCompleted | state (digest) |
| RunFailed | kind, message, node, visit, position, state (digest), uncompensated |
| RunCancelled | by, reason, state (digest) |
| RunRetired | status, revision, input (digest), started_at, ended_at, reason |

With item (counted from 1) an event is about an item of a map; without, about the visit itself.`

// eventSchema stands for an event in the OpenAPI document.
type eventSchema struct{}

// Schema describes what all events have, and lists the rest.
func (eventSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Description: eventDescription,
		Required: []string{"run", "n", "type", "at"}, AdditionalProperties: true,
		Properties: map[string]*huma.Schema{
			"run":  {Type: huma.TypeString, Description: "The run's id"},
			"n":    {Type: huma.TypeInteger, Description: "Its number within the run, from 1 without a gap"},
			"type": {Type: huma.TypeString, Description: "What happened", Enum: eventTypeNames()},
			"at":   {Type: huma.TypeString, Format: "date-time", Description: "When, in UTC with nanoseconds; never before the event before it"},
		},
	}
}
