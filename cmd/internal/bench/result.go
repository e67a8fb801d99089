package bench

import (
	"encoding/json"
	"slices"
	"time"
)

// Result is what the measuring of a workload has come to. As JSON it stands on one line.
type Result struct {
	Workload     string        `json:"workload"`
	Along        string        `json:"along,omitempty"` // of growth: what grows
	About        string        `json:"-"`
	Mode         string        `json:"mode"` // server, engine or store
	Environment  Environment   `json:"environment"`
	Measurements []Measurement `json:"measurements"`
}

// Measurement is one case of a workload. As JSON it is a flat object: the case, and each figure under its name.
type Measurement struct {
	Case    string
	Figures []Figure
}

// Figure is one thing that was measured, or set.
type Figure struct {
	Name  string // as JSON has it, its unit at the end
	Title string // for people
	Unit  Unit
	Value float64
}

// Unit says how a figure is written for people.
type Unit string

// The units.
const (
	Number  Unit = ""
	Rate    Unit = "/s"
	Millis  Unit = "ms"
	Micros  Unit = "µs"
	Bytes   Unit = "B"
	Seconds Unit = "s"
)

// MarshalJSON keeps the order of the figures.
func (m Measurement) MarshalJSON() ([]byte, error) {
	name, err := json.Marshal(m.Case)
	if err != nil {
		return nil, err
	}
	text := append([]byte(`{"case":`), name...)
	for _, f := range m.Figures {
		value, err := json.Marshal(f.Value)
		if err != nil {
			return nil, err
		}
		text = append(text, `,"`+f.Name+`":`...)
		text = append(text, value...)
	}
	return append(text, '}'), nil
}

func (m *Measurement) add(name, title string, unit Unit, value float64) {
	m.Figures = append(m.Figures, Figure{name, title, unit, value})
}

// addLatency adds what p50 and p99 of the sorted durations are.
func (m *Measurement) addLatency(name, title string, sorted []time.Duration) {
	m.add(name+"p50_ms", title+"p50", Millis, millis(percentile(sorted, 50)))
	m.add(name+"p99_ms", title+"p99", Millis, millis(percentile(sorted, 99)))
}

// addSpread adds the mean of a figure that was measured several times, and between what it lay.
func (m *Measurement) addSpread(name, title string, unit Unit, values []float64) {
	m.add(name, title, unit, mean(values))
	m.add(name+"_least", "at least", unit, slices.Min(values))
	m.add(name+"_most", "at most", unit, slices.Max(values))
}

// addUse adds what so many runs, of that many steps in all, have used.
func (m *Measurement) addUse(before, after use, runs, steps int) {
	n := float64(runs)
	cpu := after.cpu - before.cpu
	m.add("cpu_ms_per_run", "CPU a run", Millis, millis(cpu)/n)
	if steps > runs {
		m.add("cpu_us_per_step", "CPU a step", Micros, 1000*millis(cpu)/float64(steps))
	}
	if client := after.clientCPU - before.clientCPU; client > 0 {
		m.add("client_cpu_ms_per_run", "CPU of the client a run", Millis, millis(client)/n)
	}
	m.addMemory(after)
	m.add("disk_bytes_per_run", "disk a run", Bytes, float64(after.disk-before.disk)/n)
	if after.commits > 0 { // they are not counted where each is synced by itself
		m.add("commits_per_run", "commits a run", Number, (after.commits-before.commits)/n)
		m.add("syncs_per_run", "syncs a run", Number, (after.syncs-before.syncs)/n)
	}
}

// addMemory adds the most memory that the target had, where that is known.
func (m *Measurement) addMemory(u use) {
	if u.peak > 0 {
		m.add("peak_rss_bytes", "most memory (RSS)", Bytes, float64(u.peak))
	}
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
