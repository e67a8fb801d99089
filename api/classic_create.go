package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

type classicCreateInput struct {
	rawBody

	Key string `header:"Idempotency-Key" maxLength:"255" doc:"At most one graph comes of this key, for ever: the same request again answers with the same graph"`
}

type classicSampleInput struct {
	Key string `header:"Idempotency-Key" maxLength:"255" doc:"At most one graph comes of this key, for ever"`
}

const (
	exampleCreateMap = `{"nodes":{"extract":"extract","complexity":"complexity","issues":"issues","suggest":"suggest"},
"edges":{"extract":"complexity","complexity":"issues","issues":"suggest"}}`
	exampleCreateList = `{"nodes":[{"name":"a","tool":"extract_functions"},{"name":"b","tool":"evaluate_quality"}],
"edges":[{"from_node":"a","to_node":"b"},{"from_node":"b","to_node":"a","condition_key":"quality_ok","operator":"eq","value":false}],"start_node":"a"}`
	exampleGraph = `{"graph_id":"1"}`
)

func (s *Server) registerClassicCreate() {
	handle(s, huma.Operation{
		OperationID: "classic-create", Method: http.MethodPost, Path: "/graph/create", Tags: []string{tagClassic},
		Summary: "Create a graph",
		Description: "The shape of `nodes` decides the dialect: an object is dialect A, an array dialect B. Ids count up from 1, over both dialects and over restarts; a refused request uses up none.\n\n" +
			"In dialect A `edges` leads from node to node, and where there are nodes named `suggest` and `issues`, `suggest` goes back to `issues` while `quality_score` is below `threshold`. In dialect B the first edge that matches is taken; `operator` is eq, ne, lt, gt, lte or gte.",
		RequestBody: classicBody(exampleCreateMap, exampleCreateList), SkipValidateBody: true,
		Errors:    []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity},
		Responses: classicResponse("The graph", exampleGraph, ""),
	}, func(ctx context.Context, input *classicCreateInput) (*classicOutput, error) {
		draft, err := s.draft(input.body.value)
		if err != nil {
			return nil, err
		}
		return s.createGraph(ctx, draft, input.Key, input.body.value)
	})
	handle(s, huma.Operation{
		OperationID: "classic-create-sample", Method: http.MethodPost, Path: "/graph/create_sample/code_review", Tags: []string{tagClassic},
		Summary:     "Create the code review graph",
		Description: "Dialect B's sample: five nodes that review Python source, again and again from `evaluate_quality` while `quality_ok` is false.",
		Errors:      []int{http.StatusConflict}, Responses: classicResponse("The graph", "", exampleGraph),
	}, func(ctx context.Context, input *classicSampleInput) (*classicOutput, error) {
		return s.createGraph(ctx, sampleDraft(), input.Key, document.String("code_review"))
	})
}

// draft translates a create request.
func (s *Server) draft(body document.Value) (*draft, error) {
	f := &fields{}
	if !f.object(body) {
		return nil, f.problem()
	}
	switch nodes, _ := body.Get("nodes"); nodes.Kind() {
	case document.KindObject:
		return s.draftMap(body)
	case document.KindArray:
		return s.draftList(body)
	default:
		f.bad("body.nodes", nodes, `expected {"name": "tool"} (dialect A) or [{"name": …, "tool": …}] (dialect B)`)
		return nil, f.problem()
	}
}

// createGraph saves a draft under the next free id. One create at a time: ids have no gaps.
func (s *Server) createGraph(ctx context.Context, d *draft, key string, body document.Value) (*classicOutput, error) {
	s.classic.creating.Lock()
	defer s.classic.creating.Unlock()
	if key != "" {
		d.labels = append(d.labels, label{labelKey, digestText(key)}, label{labelBody, digestText(body.String())})
		if id, err := s.createdBy(digestText(key), digestText(body.String())); id != "" || err != nil {
			return graphReply(id), err
		}
	}
	for {
		number := s.nextGraph()
		id := strconv.Itoa(number)
		source, err := d.source(classicName(id))
		if err != nil {
			return nil, err
		}
		_, _, err = s.system.SaveIf(ctx, actors.Source{Name: classicName(id), Data: source, Format: "json", File: "graph"}, vacant)
		if ps := workflow.Problems(nil); errors.As(err, &ps) {
			return nil, d.refused(ps)
		}
		switch {
		case errors.Is(err, errTaken):
			continue
		case err != nil:
			return nil, err
		}
		s.classic.last = number
		return graphReply(id), nil
	}
}

// errTaken says that another owner of the store has made a graph under the id that was free.
var errTaken = errors.New("another graph has this id")

// vacant allows a graph only under an id that no other has.
func vacant(latest *actors.Revision) error {
	if latest != nil {
		return errTaken
	}
	return nil
}

// nextGraph is the lowest id that is free: ids are taken in order, and their names are reserved, so that
// none is free below one that is taken. The first create finds it by halving, the later ones remember.
func (s *Server) nextGraph() int {
	free := s.classic.last + 1
	for step := 1; s.taken(free); step *= 2 {
		s.classic.last, free = free, free+step
	}
	for s.classic.last+1 < free {
		if middle := (s.classic.last + free) / 2; s.taken(middle) {
			s.classic.last = middle
		} else {
			free = middle
		}
	}
	return free
}

// taken reports whether a graph has the id, be it one that this engine cannot run.
func (s *Server) taken(number int) bool {
	_, err := s.system.Workflow(classicName(strconv.Itoa(number)), "")
	return !errors.Is(err, actors.ErrWorkflowNotFound)
}

// createdBy finds the graph that a key has made before. Another body under the same key is refused.
func (s *Server) createdBy(key, body string) (string, error) {
	for _, revision := range s.system.Workflows() {
		if dialectOf(revision.Definition) == "" || revision.Definition.Labels[labelKey] != key {
			continue
		}
		if revision.Definition.Labels[labelBody] != body {
			return "", newProblem(kindKeyReused, "the Idempotency-Key made graph %s of another body; take another key", graphID(revision.Workflow))
		}
		return graphID(revision.Workflow), nil
	}
	return "", nil
}

// digestText is a digest that a label can hold.
func digestText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func graphReply(id string) *classicOutput {
	return &classicOutput{Body: classicReply{text: append(appendString([]byte(`{"graph_id":`), id), '}')}}
}

// draft is a graph on its way to being a workflow. Order is kept where the request has one. What is at some
// place of the request knows the place.
type draft struct {
	start  string
	labels []label
	nodes  []draftNode
	edges  []draftEdges
}

type label struct{ key, value string }

type draftNode struct{ name, tool, at string }

// draftEdges are the choices out of a node, in order.
type draftEdges struct {
	from    string
	choices []draftChoice
}

type draftChoice struct{ when, to, at string }

// source writes the draft as weir's workflow JSON.
func (d *draft) source(name string) ([]byte, error) {
	dst := appendString([]byte(`{"name":`), name)
	dst = appendString(appendMember(dst, "start"), d.start)
	dst = append(appendMember(dst, "labels"), '{')
	for _, l := range d.labels {
		dst = appendString(appendMember(dst, l.key), l.value)
	}
	dst = append(dst, '}')
	dst = append(appendMember(dst, "limits"), `{"steps":`+strconv.Itoa(classicSteps)+`}`...)
	dst = append(appendMember(dst, "nodes"), '{')
	for i, n := range d.nodes {
		dst = appendKey(dst, i, n.name)
		dst = appendString(append(dst, `{"tool":`...), n.tool)
		dst = append(dst, '}')
	}
	dst = append(dst, '}')
	dst = append(appendMember(dst, "edges"), '{')
	for i, e := range d.edges {
		dst = append(appendKey(dst, i, e.from), '[')
		for k, c := range e.choices {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, '{')
			if c.when != "" {
				dst = appendString(appendMember(dst, "when"), c.when)
			}
			dst = appendString(appendMember(dst, "to"), c.to)
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	}
	dst = append(dst, '}', '}')
	var indented bytes.Buffer
	if err := json.Indent(&indented, dst, "", "  "); err != nil {
		return nil, err
	}
	return indented.Bytes(), nil
}

// appendKey writes a key that may need escaping.
func appendKey(dst []byte, i int, key string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return append(appendString(dst, key), ':')
}
