package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// progress tells a run's events and, on a terminal, keeps a line below them that says what runs now. It
// may be used by one goroutine; the line is redrawn by another that end waits for.
type progress struct {
	narrator
	live  bool
	width int

	mu      sync.Mutex
	started time.Time
	current []string // what runs now, in the order it began
	visits  int
	drawn   bool
	frame   int

	stop chan struct{}
	done chan struct{}
}

// redrawEvery is how often the line below changes.
const redrawEvery = 100 * time.Millisecond

var frames = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

func newProgress(out io.Writer, brief bool) *progress {
	p := &progress{
		narrator: narrator{out: out, palette: paletteFor(out), brief: brief},
		live:     isTerminal(out),
		width:    terminalWidth(out),
		started:  time.Now(),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
	}
	if !p.live {
		close(p.done)
		return p
	}
	go p.redraw()
	return p
}

// tell tells one event.
func (p *progress) tell(raw event.Raw) error {
	e, err := event.Decode(raw.JSON)
	if err != nil {
		return fmt.Errorf("event %d of run %s: %w", raw.N, raw.Run, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(e.Body)
	p.erase()
	p.narrator.tell(e, len(raw.JSON))
	return nil
}

// note keeps account of what runs now.
func (p *progress) note(body event.Body) {
	switch b := body.(type) {
	case event.NodeStarted:
		if b.Item > 0 {
			return // it is its map that runs
		}
		p.current = append(p.current, visitText(b.Node, b.Visit, 1))
	case event.NodeCompleted:
		if b.Item > 0 {
			return
		}
		p.visits++
		p.ended(visitText(b.Node, b.Visit, 1))
	case event.NodeFailed:
		if b.Item > 0 {
			return
		}
		p.ended(visitText(b.Node, b.Visit, 1))
	default: // nothing begins or ends
	}
}

func (p *progress) ended(visit string) {
	for i, each := range p.current {
		if each == visit {
			p.current = append(p.current[:i], p.current[i+1:]...)
			return
		}
	}
}

// end takes the line away and waits for the goroutine that draws it.
func (p *progress) end() {
	close(p.stop)
	<-p.done
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *progress) redraw() {
	defer close(p.done)
	ticker := time.NewTicker(redrawEvery)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

func (p *progress) draw() {
	p.erase()
	p.frame++
	text := fmt.Sprintf("%c %s  %s  %s", frames[p.frame%len(frames)],
		time.Since(p.started).Round(redrawEvery), count(p.visits, "visit"), strings.Join(p.current, ", "))
	fmt.Fprint(p.out, p.palette.faint(printable(text, p.width-2)))
	p.drawn = true
}

func (p *progress) erase() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = false
	}
}
