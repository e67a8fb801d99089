package actors_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
)

// TestScriptsWaitForTheirTurn has more scripts than may run at once, and counts those that run and those that wait.
func TestScriptsWaitForTheirTurn(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {script: 'for (;;);'}}")
	most := runtime.GOMAXPROCS(0)
	for i := range most + 2 {
		e.begin("w", fmt.Sprintf("r%d", i), `{}`)
	}
	want := actors.ScriptCounts{Running: most, Waiting: 2}
	for deadline := time.Now().Add(20 * time.Second); e.ScriptCounts() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v, want %+v", e.ScriptCounts(), want)
		}
	}
	for i := range most + 2 {
		if _, err := e.Cancel(t.Context(), fmt.Sprintf("r%d", i), "ada", ""); err != nil {
			t.Fatal(err)
		}
		e.end(fmt.Sprintf("r%d", i))
	}
	if c := e.ScriptCounts(); c.Running != 0 || c.Waiting != 0 || c.Waits < 2 || c.Waited <= 0 {
		t.Errorf("afterwards %+v", c)
	}
}
