package api

import (
	"strconv"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
)

// runView is a run as replies show it. The fields with their tags describe it in the OpenAPI document;
// AppendJSON writes it.
type runView struct {
	RunID     string            `json:"run_id" doc:"The run's id" example:"01890a5d-ac96-774b-bcce-b302099a8057"`
	Workflow  string            `json:"workflow" doc:"The workflow it runs" example:"code-review"`
	Revision  string            `json:"revision" doc:"Digest of the revision it is pinned to" example:"sha256:9f86d081884c7d65"`
	Status    string            `json:"status" enum:"running,waiting,paused,completed,failed,cancelled" doc:"Where it stands"`
	State     objectValue       `json:"state" doc:"The shared state after the last event"`
	Input     objectValue       `json:"input" doc:"What it was started with"`
	Current   []currentView     `json:"current" doc:"The visits that are open, in the order they began"`
	LastEvent uint64            `json:"last_event" doc:"The number of its last event" example:"12"`
	StartedAt time.Time         `json:"started_at" doc:"When it was started"`
	EndedAt   *time.Time        `json:"ended_at" nullable:"true" doc:"When it ended; null while it goes on"`
	Error     *runErrorView     `json:"error" doc:"Why it failed; null unless it did"`
	Labels    map[string]string `json:"labels" doc:"The labels it was started with"`
	Queue     *queueView        `json:"queue,omitempty" doc:"Where it waits in its workflow's queue; absent once it has begun"`
	Parent    *parentView       `json:"parent,omitempty" doc:"What started it; absent unless another run did"`

	of *actors.View
}

// currentView is an open visit.
type currentView struct {
	Node     string      `json:"node" doc:"The node that was entered" example:"score"`
	Visit    int         `json:"visit" doc:"How often the run has entered the node, from 1"`
	Attempt  int         `json:"attempt" doc:"The try of this visit, from 1"`
	Awaits   string      `json:"awaits,omitempty" doc:"The tool for whose turn the visit waits, as its calls have a limit; not in lists" example:"http.request"`
	Child    string      `json:"child,omitempty" doc:"The run that the attempt has started and that it ends with; absent where there is none"`
	WaitsFor *waitView   `json:"waits_for,omitempty" doc:"What it waits for; absent while it works"`
	Items    *itemCounts `json:"items,omitempty" doc:"How far it is with its items, of a map, in a view of one run"`
	Calls    []callView  `json:"calls,omitempty" doc:"The calls of a durable script that have not ended, in the order it made them, in a view of one run"`
}

// itemCounts is how far a map's visit is.
type itemCounts struct {
	Done   int `json:"done" doc:"Items that have completed"`
	Failed int `json:"failed" doc:"Items that have failed for good, whose errors are collected"`
	Open   int `json:"open" doc:"Items that have begun and are neither"`
	Total  int `json:"total" doc:"Items in all"`
}

// waitView is what an open visit waits for.
type waitView struct {
	Signal string     `json:"signal,omitempty" doc:"The name of the signal; absent where it waits for a time alone" example:"approve"`
	Until  *time.Time `json:"until,omitempty" doc:"When it goes on: its time has come, its next attempt begins, or it has waited for the signal, or for its child run, long enough. Absent where it waits however long that takes"`
}

func waitOf(signal string, until time.Time) *waitView {
	if signal == "" && until.IsZero() {
		return nil
	}
	return &waitView{Signal: signal, Until: timeOrNull(until)}
}

func (c *currentView) appendJSON(dst []byte) []byte {
	dst = appendString(append(dst, `{"node":`...), c.Node)
	dst = strconv.AppendInt(appendMember(dst, "visit"), int64(c.Visit), 10)
	dst = strconv.AppendInt(appendMember(dst, "attempt"), int64(c.Attempt), 10)
	if c.Awaits != "" {
		dst = appendString(appendMember(dst, "awaits"), c.Awaits)
	}
	if c.Child != "" {
		dst = appendString(appendMember(dst, "child"), c.Child)
	}
	if w := c.WaitsFor; w != nil {
		dst = append(appendMember(dst, "waits_for"), '{')
		if w.Signal != "" {
			dst = appendString(appendMember(dst, "signal"), w.Signal)
		}
		if w.Until != nil {
			dst = appendTime(appendMember(dst, "until"), *w.Until)
		}
		dst = append(dst, '}')
	}
	if i := c.Items; i != nil {
		dst = append(appendMember(dst, "items"), `{"done":`...)
		dst = strconv.AppendInt(dst, int64(i.Done), 10)
		dst = strconv.AppendInt(appendMember(dst, "failed"), int64(i.Failed), 10)
		dst = strconv.AppendInt(appendMember(dst, "open"), int64(i.Open), 10)
		dst = append(strconv.AppendInt(appendMember(dst, "total"), int64(i.Total), 10), '}')
	}
	return append(appendCalls(dst, c.Calls), '}')
}

// parentView is the attempt that started a child run.
type parentView struct {
	RunID   string `json:"run_id" doc:"The run that started this one" example:"order-9"`
	Node    string `json:"node" doc:"The node of that run" example:"review"`
	Visit   int    `json:"visit" doc:"The visit of that node, from 1"`
	Attempt int    `json:"attempt" doc:"The try of that visit, or of the item, from 1"`
	Item    int    `json:"item,omitempty" doc:"The item of a map that it was started for, from 1; absent where it was not"`
}

// runErrorView says why a run failed.
type runErrorView struct {
	_       struct{} `nullable:"true"`
	Kind    string   `json:"kind" doc:"The error kind, as events store it" example:"tool_error"`
	Message string   `json:"message" doc:"What went wrong"`
	Node    string   `json:"node,omitempty" doc:"The node that is to blame, where one is"`
	Visit   int      `json:"visit,omitempty" doc:"The visit of that node"`
	File    string   `json:"file,omitempty" doc:"The workflow file that line and column point into"`
	Line    int      `json:"line,omitempty" doc:"The line, counted from 1"`
	Column  int      `json:"column,omitempty" doc:"The column, counted from 1"`

	Uncompensated []uncompensatedView `json:"uncompensated,omitempty" doc:"The completed visits that should have been compensated and are not"`
}

// uncompensatedView is a completed visit whose compensation failed, or was not begun.
type uncompensatedView struct {
	Node    string `json:"node" doc:"The node" example:"book"`
	Visit   int    `json:"visit" doc:"The visit of that node"`
	Kind    string `json:"kind" doc:"The error kind of its compensation" example:"tool_error"`
	Message string `json:"message" doc:"What went wrong with its compensation"`
}

func viewOf(v *actors.View) runView { return runView{of: v} }

// AppendJSON writes the view with the state and input as they are held.
func (r runView) AppendJSON(dst []byte) []byte {
	v := r.of
	dst = append(dst, `{"run_id":`...)
	dst = appendString(dst, v.Run)
	dst = appendString(appendMember(dst, "workflow"), v.Workflow)
	dst = appendString(appendMember(dst, "revision"), v.Revision)
	dst = appendString(appendMember(dst, "status"), string(v.Status))
	dst = v.State.AppendJSON(appendMember(dst, "state"))
	dst = v.Input.AppendJSON(appendMember(dst, "input"))
	dst = append(appendMember(dst, "current"), '[')
	for i, c := range v.Current {
		if i > 0 {
			dst = append(dst, ',')
		}
		view := currentView{Node: c.Node, Visit: c.Visit, Attempt: c.Attempt, Child: c.Child, Awaits: c.Awaits, WaitsFor: waitOf(c.Signal, c.Until), Calls: callsOf(c.Calls)}
		if i := c.Items; i != nil {
			view.Items = &itemCounts{Done: i.Done, Failed: i.Failed, Open: i.Open, Total: i.Total}
		}
		dst = view.appendJSON(dst)
	}
	dst = append(dst, ']')
	dst = strconv.AppendUint(appendMember(dst, "last_event"), v.LastEvent, 10)
	dst = appendTime(appendMember(dst, "started_at"), v.StartedAt)
	dst = appendTime(appendMember(dst, "ended_at"), v.EndedAt)
	dst = appendRunError(appendMember(dst, "error"), v.Error)
	dst = appendLabels(appendMember(dst, "labels"), v.Labels)
	if q := v.Queue; q != nil {
		dst = appendQueue(appendMember(dst, "queue"), q)
	}
	dst = appendParent(dst, v.Parent)
	return append(dst, '}')
}

func appendParent(dst []byte, p *event.Parent) []byte {
	if p == nil {
		return dst
	}
	dst = appendString(append(appendMember(dst, "parent"), `{"run_id":`...), p.Run)
	dst = appendString(appendMember(dst, "node"), p.Node)
	dst = strconv.AppendInt(appendMember(dst, "visit"), int64(p.Visit), 10)
	dst = strconv.AppendInt(appendMember(dst, "attempt"), int64(p.Attempt), 10)
	if p.Item > 0 {
		dst = strconv.AppendInt(appendMember(dst, "item"), int64(p.Item), 10)
	}
	return append(dst, '}')
}

func appendRunError(dst []byte, e *actors.RunError) []byte {
	if e == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"kind":`...)
	dst = appendString(dst, e.Kind)
	dst = appendString(appendMember(dst, "message"), e.Message)
	if e.Node != "" {
		dst = appendString(appendMember(dst, "node"), e.Node)
		dst = strconv.AppendInt(appendMember(dst, "visit"), int64(e.Visit), 10)
	}
	if p := e.Position; p != nil {
		if p.File != "" {
			dst = appendString(appendMember(dst, "file"), p.File)
		}
		dst = strconv.AppendInt(appendMember(dst, "line"), int64(p.Line), 10)
		dst = strconv.AppendInt(appendMember(dst, "column"), int64(p.Column), 10)
	}
	if len(e.Uncompensated) > 0 {
		dst = append(appendMember(dst, "uncompensated"), '[')
		for i, u := range e.Uncompensated {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(append(dst, `{"node":`...), u.Node)
			dst = strconv.AppendInt(appendMember(dst, "visit"), int64(u.Visit), 10)
			dst = appendString(appendMember(dst, "kind"), u.Kind)
			dst = appendString(appendMember(dst, "message"), u.Message)
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// startedView answers a start that did not wait for the end.
type startedView struct {
	RunID     string `json:"run_id" doc:"The run's id" example:"01890a5d-ac96-774b-bcce-b302099a8057"`
	Status    string `json:"status" enum:"running,waiting,paused,completed,failed,cancelled" doc:"Where the run stands"`
	LastEvent uint64 `json:"last_event" doc:"The number of its last event: tails may begin there" example:"2"`
}

// summaryView is a run in a list.
type summaryView struct {
	RunID     string            `json:"run_id" doc:"The run's id"`
	Workflow  string            `json:"workflow" doc:"The workflow it runs"`
	Revision  string            `json:"revision" doc:"Digest of the revision it is pinned to"`
	Status    string            `json:"status" enum:"running,waiting,paused,completed,failed,cancelled" doc:"Where it stands"`
	Current   []currentView     `json:"current" doc:"The visits that are open, in the order they began"`
	LastEvent uint64            `json:"last_event" doc:"The number of its last event"`
	StartedAt time.Time         `json:"started_at" doc:"When it was started"`
	UpdatedAt time.Time         `json:"updated_at" doc:"When its last event was"`
	EndedAt   *time.Time        `json:"ended_at" nullable:"true" doc:"When it ended; null while it goes on"`
	DueAt     *time.Time        `json:"due_at,omitempty" doc:"When its next timer, timeout of a wait or retry is due; absent where none is"`
	Error     *listedErrorView  `json:"error" doc:"Why it failed; null unless it did"`
	Parent    string            `json:"parent,omitempty" doc:"The run that started it, where one did"`
	Labels    map[string]string `json:"labels" doc:"The labels it was started with"`
}

// listedErrorView says why a run in a list failed; the run itself knows the position, too.
type listedErrorView struct {
	_       struct{} `nullable:"true"`
	Kind    string   `json:"kind" doc:"The error kind, as events store it" example:"tool_error"`
	Message string   `json:"message" doc:"What went wrong; of a long message the beginning"`
	Node    string   `json:"node,omitempty" doc:"The node that is to blame, where one is"`
	Visit   int      `json:"visit,omitempty" doc:"The visit of that node"`
}

func summaryOf(r *runindex.Run) summaryView {
	view := summaryView{
		RunID: r.Run, Workflow: r.Workflow, Revision: r.Revision, Status: string(r.Status), Current: make([]currentView, len(r.Current)),
		LastEvent: r.LastEvent, StartedAt: r.StartedAt, UpdatedAt: r.UpdatedAt, EndedAt: timeOrNull(r.EndedAt), DueAt: timeOrNull(r.Due),
		Parent: r.Parent, Labels: r.Labels,
	}
	for i, v := range r.Current {
		view.Current[i] = currentView{Node: v.Node, Visit: v.Visit, Attempt: v.Attempt, Child: v.Child, WaitsFor: waitOf(v.Signal, v.Due)}
	}
	if e := r.Error; e != nil {
		view.Error = &listedErrorView{Kind: e.Kind, Message: e.Message, Node: e.Node, Visit: e.Visit}
	}
	if view.Labels == nil {
		view.Labels = map[string]string{}
	}
	return view
}

// timeOrNull is nil for the zero time.
func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
