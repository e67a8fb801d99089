package actors_test

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/scripts"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestPictures runs the workflows of docs/branches.md in virtual time, and sees that the pictures below them are those of
// their runs. With -update it draws them.
func TestPictures(t *testing.T) {
	const page = "../docs/branches.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	engine := scripts.New(scripts.Limits{})
	const workflow, picture, end = "```yaml\n", "```\n```picture\n", "```\n"
	var drawn strings.Builder
	rest, pictures := string(text), 0
	for {
		before, after, found := strings.Cut(rest, workflow)
		drawn.WriteString(before)
		if !found {
			break
		}
		source, after, _ := strings.Cut(after, picture)
		_, after, _ = strings.Cut(after, end)
		drawn.WriteString(workflow + source + picture)
		synctest.Test(t, func(t *testing.T) { drawn.WriteString(draw(t, engine, source)) })
		drawn.WriteString(end)
		rest = after
		pictures++
	}
	if pictures == 0 {
		t.Fatal("the page has no pictures")
	}
	if *update {
		if err := os.WriteFile(page, []byte(drawn.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), drawn.String()); diff != "" {
		t.Errorf("the pictures are other than the runs (-page +runs); draw them with -update:\n%s", diff)
	}
}

// draw runs a workflow and returns a picture of its visits.
func draw(t *testing.T, engine *scripts.Engine, source string) string {
	t.Helper()
	w := &world{t: t, engine: engine, logger: slog.New(slog.DiscardHandler)}
	log := memlog.Open(memlog.Faults{})
	system := w.open(log)
	revision, _, err := system.Save(t.Context(), actors.Source{Data: []byte(source), File: "page.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: revision.Workflow, Run: "r"}); err != nil {
		t.Fatal(err)
	}
	if v, err := system.Wait(t.Context(), "r"); err != nil || v.Status != "completed" {
		t.Fatal(v.Status, v.Error, err)
	}
	w.log = log
	events, _ := w.events("r")
	if err := system.Close(t.Context()); err != nil {
		t.Error(err)
	}
	w.forget()
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	return picture(events)
}

// picture draws a row for each node, on which a bar stands for each visit: four characters are a second.
func picture(events []event.Event) string {
	const second = 4
	column := func(at time.Time) int { return int(at.Sub(events[0].At) * second / time.Second) }
	width := column(events[len(events)-1].At) + 1
	var names []string
	rows, begun := map[string][]rune{}, map[string]int{}
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.NodeStarted:
			if rows[b.Node] == nil {
				names = append(names, b.Node)
				rows[b.Node] = slices.Repeat([]rune{' '}, width)
			}
			begun[b.Node] = column(e.At)
		case event.NodeCompleted:
			for i := begun[b.Node]; i < max(column(e.At), begun[b.Node]+1); i++ {
				rows[b.Node][i] = '█'
			}
		default:
		}
	}
	longest := 0
	for _, name := range names {
		longest = max(longest, utf8.RuneCountInString(name))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%*s", longest+2, "")
	for s := range width/second + 1 {
		fmt.Fprintf(&out, "%-*s", second, fmt.Sprintf("%ds", s))
	}
	lines := []string{out.String()}
	for _, name := range names {
		lines = append(lines, fmt.Sprintf("%-*s  %s", longest, name, string(rows[name])))
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}
