package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// result is a line of `weir bench --json`.
type result struct {
	Workload, Along, Mode string
	Environment           environment
	Measurements          []measurement
}

// environment is where it was measured.
type environment struct {
	Command, Version, Revision, Go, Platform, Filesystem, Sync string
	Cores                                                      int
	Load                                                       float64
	Begun                                                      time.Time
}

// measurement is a case with its figures, in their order.
type measurement struct {
	name    string
	order   []string
	figures map[string]float64
}

// UnmarshalJSON keeps the order.
func (m *measurement) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	m.figures = map[string]float64{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		name := key.(string)
		if name == "case" {
			if err := decoder.Decode(&m.name); err != nil {
				return err
			}
			continue
		}
		var value float64
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		m.order = append(m.order, name)
		m.figures[name] = value
	}
	return nil
}

// results are the lines of a file.
type results []result

func read(text []byte) (all results, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		all = append(all, r)
	}
	return all, lines.Err()
}

// wanted says which result is meant.
type wanted struct {
	workload, along string
	engine          bool
	checkpoint      bool
}

// find returns the last such result.
func (all results) find(w wanted) (found result, ok bool) {
	for _, r := range all {
		if r.Workload == w.workload && r.Along == w.along && (r.Mode == "engine") == w.engine &&
			strings.Contains(r.Environment.Command, "--checkpoint") == w.checkpoint {
			found, ok = r, true
		}
	}
	return found, ok
}

// beginning is the number of the first case that has any of what grows.
func (r result) beginning(x string) (i int) {
	for i < len(r.Measurements)-1 && r.Measurements[i].figures[x] == 0 {
		i++
	}
	return i
}

// of returns a figure of a case; "" is the last case.
func (r result) of(name, figure string) (value float64, ok bool) {
	for _, m := range r.Measurements {
		if name == "" || m.name == name {
			if v, has := m.figures[figure]; has {
				value, ok = v, true
			}
		}
	}
	return value, ok
}
