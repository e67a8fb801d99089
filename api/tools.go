package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// toolView is a tool that nodes may call.
type toolView struct {
	Name        string     `json:"name" doc:"What a node writes to call it" example:"http.request"`
	Description string     `json:"description" doc:"What it does and returns"`
	Input       anyValue   `json:"input" doc:"JSON Schema of its input; null allows anything"`
	Output      anyValue   `json:"output" doc:"JSON Schema of its output; null allows anything"`
	Pure        bool       `json:"pure" doc:"Whether a call leaves no trace, so that it may run ahead of the disk and again after a crash"`
	AtMostOnce  bool       `json:"at_most_once" doc:"Whether a call whose outcome is unknown is never repeated"`
	Kinds       []string   `json:"kinds" doc:"Error kinds of its own, which retry.on and catch.on may name beside those of every tool" example:"[\"http_status\"]"`
	Timeout     string     `json:"timeout,omitempty" doc:"How long an attempt may take where the node says nothing" example:"30s"`
	Limit       *toolLimit `json:"limit,omitempty" doc:"How its calls are held back, whoever makes them; left out where they are not"`
}

// toolLimit is what bounds the calls of a tool, and how many are under way.
type toolLimit struct {
	Concurrency int    `json:"concurrency,omitempty" doc:"How many calls may be made at once" example:"20"`
	Rate        string `json:"rate,omitempty" doc:"How many calls may begin in any span of so long" example:"100/1m0s"`
	Running     int    `json:"running" doc:"How many calls are being made" example:"20"`
	Waiting     int    `json:"waiting" doc:"How many calls wait for their turn" example:"7"`
}

type toolsPage struct {
	Tools []toolView `json:"tools" doc:"The tools, by name"`
}

type toolsOutput struct{ Body toolsPage }

func (s *Server) registerTools() {
	handle(s, huma.Operation{
		OperationID: "list-tools", Method: http.MethodGet, Path: "/v1/tools", Tags: []string{tagTools},
		Summary: "List tools", Description: "The tools that nodes may call, with the schemas of what they take and return.",
		Responses: map[string]*huma.Response{"200": reply[toolsPage](s, "Every tool",
			`{"tools":[{"name":"code.functions","description":"Lists the functions of a source file.","input":{"type":"object","required":["code"]},"output":null,"pure":true,"at_most_once":false,"kinds":[]}]}`)},
	}, s.listTools)
}

func (s *Server) listTools(context.Context, *struct{}) (*toolsOutput, error) {
	out := &toolsOutput{Body: toolsPage{Tools: []toolView{}}}
	limits := map[string]*toolLimit{}
	for _, c := range s.system.ToolCounts() {
		limits[c.Tool] = &toolLimit{Concurrency: c.Concurrency, Running: c.Running, Waiting: c.Waiting}
		if c.Rate.Count > 0 {
			limits[c.Tool].Rate = c.Rate.String()
		}
	}
	for _, t := range s.system.Tools().All() {
		view := toolView{
			Name: t.Name, Description: t.Description, Input: anyValue{t.Input}, Output: anyValue{t.Output},
			Pure: t.Pure, AtMostOnce: t.AtMostOnce, Kinds: append([]string{}, t.Kinds...), Limit: limits[t.Name],
		}
		if t.Timeout > 0 {
			view.Timeout = t.Timeout.String()
		}
		out.Body.Tools = append(out.Body.Tools, view)
	}
	return out, nil
}
