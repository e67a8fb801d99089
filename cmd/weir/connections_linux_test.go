package main

import (
	"context"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestClientsDoNotTakeTheStoresFiles opens far more connections than the server may open files. It goes on, and those that were let in are
// answered.
func TestClientsDoNotTakeTheStoresFiles(t *testing.T) {
	var out lines
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -n 220 && exec weir serve --data "$0" --http 127.0.0.1:0 --nats off`, t.TempDir())
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	out.await(t, "Ctrl-C stops it.")
	address := strings.TrimPrefix(regexp.MustCompile(`http://[0-9.:]+`).FindString(out.String()), "http://")
	var idle []net.Conn
	for range 400 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			break // what waits to be accepted is bounded, too
		}
		idle = append(idle, conn)
	}
	out.await(t, "more wait until one leaves")
	time.Sleep(2 * time.Second) // in which the store looks after itself
	for _, conn := range idle {
		_ = conn.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitMax)
	defer cancel()
	status, text, err := send(ctx, http.MethodPost, "http://"+address+"/v1/workflows", http.Header{"Content-Type": {"application/yaml"}}, []byte("name: w\nnodes:\n  a: {script: \"return {}\"}\n"))
	if err != nil || status >= http.StatusBadRequest {
		t.Errorf("%d %s %v\n%s", status, text, err, &out)
	}
}
