package actors_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// typed is a workflow whose scripts are translated: a file that imports, one in the workflow, and one for each item.
var typed = actors.Source{
	File: "flow.yaml", Format: "yaml",
	Data: []byte(`name: typed
nodes:
  file: {script_file: steps/score.ts}
  inline:
    script: |
      import {twice} from './lib/twice'
      export default (s: {n: number}) => ({inline: twice(s.n)})
  items:
    map:
      over: "${[1, 2]}"
      node: {script: "const n: number = item\nreturn n + 1"}
    into: items
  fails: {script_file: steps/fails.ts}
edges: {file: inline, inline: items, items: fails}
`),
	Files: map[string]string{
		"steps/score.ts": "import {twice} from '../lib/twice'\nexport default (s: {n: number}) => ({file: twice(twice(s.n))})",
		"steps/fails.ts": "import {fail} from '../lib/twice'\nexport default () => { console.log('now'); fail() }",
		"lib/twice.ts":   "export const twice = (n: number): number => 2 * n\nexport function fail(): never {\n  throw new Error('as it should')\n}",
	},
}

func (e *engine) saveSource(src actors.Source) actors.Revision {
	e.t.Helper()
	revision, created, err := e.Save(e.t.Context(), src)
	if err != nil || !created || len(revision.Warnings) > 0 {
		e.t.Fatalf("saved: %v, %v, %v", created, revision.Warnings, err)
	}
	return revision
}

// console is what a run's scripts have written, and where.
func (e *engine) console(run string) string {
	var lines []string
	for _, ev := range e.told(run) {
		if logged, ok := ev.Body.(event.ScriptLogged); ok {
			for _, l := range logged.Lines {
				lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", l.File, l.Line, l.Column, l.Text))
			}
		}
	}
	return strings.Join(lines, "\n")
}

// TestTranslatedScripts runs scripts in TypeScript, which import, before and after a restart.
func TestTranslatedScripts(t *testing.T) {
	e := open(t)
	e.saveSource(typed)
	for _, run := range []string{"first", "again"} {
		e.begin("typed", run, `{"n":3}`)
		v := e.end(run)
		if v.State.String() != `{"file":12,"inline":6,"items":[2,3],"n":3}` {
			t.Errorf("the state is %s", v.State)
		}
		if v.Error == nil || v.Error.Message != "Error: as it should" || v.Error.Position == nil ||
			v.Error.Position.File != "lib/twice.ts" || v.Error.Position.Line != 3 {
			t.Errorf("the run failed with %+v", v.Error)
		}
		if at := e.console(run); at != "steps/fails.ts:2:32: now" {
			t.Errorf("the console has %s", at)
		}
		e.restart()
	}
}

// TestSavedTranslationIsKept shows that a revision runs what its scripts were translated to when it was saved, whatever
// they would be translated to now, and that saving the same content again does not change that.
func TestSavedTranslationIsKept(t *testing.T) {
	e := open(t)
	revision := e.saveSource(typed)
	e.stop()
	store, err := eventstore.Open(t.Context(), eventstore.Config{Dir: e.dir})
	if err != nil {
		t.Fatal(err)
	}
	var record eventstore.StoredRevision
	for record, err = range store.Revisions(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(record.Bundles) != 4 {
		t.Fatalf("%d bundles are stored", len(record.Bundles))
	}
	// Another translator made the next revision, which has a comment more.
	record.Number, record.Source, record.Digest = 2, record.Source+"# 2", "sha256:2"
	record.Bundles["steps/score.ts"].Code = strings.Replace(record.Bundles["steps/score.ts"].Code, "file:", "other:", 1)
	if _, err := store.AppendRevision(t.Context(), record.RevisionRecord, record.Sequence); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	e.start()
	e.begin("typed", "run", `{"n":3}`)
	if v := e.end("run"); v.State.String() != `{"inline":6,"items":[2,3],"n":3,"other":12}` {
		t.Errorf("the state is %s", v.State)
	}
	if again := e.saveSource(typed); again.Number != 3 || again.Digest != revision.Digest {
		t.Errorf("saved as %d, %s", again.Number, again.Digest)
	}
}

// TestFoldersOfScripts shows what saving says of files that scripts import.
func TestFoldersOfScripts(t *testing.T) {
	e := open(t)
	for _, c := range []struct {
		change func(files map[string]string)
		want   string
	}{
		{func(files map[string]string) { delete(files, "lib/twice.ts") }, "flow.yaml:6:27: the script does not compile: cannot import \"./lib/twice\": the workflow's folder has no file lib/twice"},
		{func(files map[string]string) { files["lib/unused.ts"] = "export {}" }, "lib/unused.ts: warning: no script_file names this file, and no script imports it"},
		{func(files map[string]string) { files["lib/twice.ts"] = "export const twice: = 1" }, `lib/twice.ts:1:21: the script does not compile: SyntaxError: Unexpected "="`},
	} {
		src := typed
		src.Files = map[string]string{}
		for path, text := range typed.Files {
			src.Files[path] = text
		}
		c.change(src.Files)
		_, problems := e.Check(src)
		if !strings.Contains(problemsText(problems), c.want) {
			t.Errorf("got %s\nwant %s", problemsText(problems), c.want)
		}
	}
}

func problemsText(problems workflow.Problems) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}
