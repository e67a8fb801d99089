//go:build powercut

package powercut

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A full disk ends the server, and once there is space the next one has every run that was accepted.
func TestFaultServeFullDisk(t *testing.T) {
	t.Parallel()
	point := mountSmall(t, "ext4")
	spare, data := fill(t, point), filepath.Join(point, "data")
	s := serve(t, data)
	s.saveKeep()
	k := &keeper{load: 300_000, rounds: 3}
	requests := k.startMany(s, "run", s.Ended())
	s.awaitFailure("no space left on device")
	requests.Wait()

	// On the full disk the next one ends alike, if not at once, then with the first run that does not fit.
	s = launch(t, data)
	if s.awaitReady() {
		requests = k.startMany(s, "more", s.Ended())
	}
	s.awaitFailure("no space left on device", "disk is full")
	requests.Wait()
	if err := os.Remove(spare); err != nil {
		t.Fatal(err)
	}
	s = serve(t, data)
	k.check(s)
	s.end()
}

// A disk that fails ends the server, and when it is back the next one has every run that was accepted.
func TestFaultServeFailingDisk(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"file system", "disk below"} {
		t.Run(name, func(t *testing.T) {
			failing := newDisk(t, t.TempDir(), "ext4", "", lowerDisk)
			d := failing
			if name == "disk below" {
				d = newDisk(t, failing.point, "ext4", "", faultyDisk)
			}
			data := filepath.Join(d.point, "data")
			s := serve(t, data)
			s.saveKeep()
			k := &keeper{load: 1000, rounds: 50}
			requests := k.startMany(s, "run", s.Ended())
			time.Sleep(loadMax)
			k.mu.Lock()
			before := len(k.accepted)
			failing.cut()
			k.mu.Unlock()
			s.awaitFailure("input/output error", "read-only file system") // the latter once the file system has noticed
			requests.Wait()
			if late := len(k.accepted) - before; late > clients {
				t.Errorf("%d clients had %d runs accepted after the disk had failed", clients, late)
			}
			k.accepted = k.accepted[:before]

			if d == failing {
				d.remount()
			} else {
				d.unmount()
				failing.remount()
				d.mount()
			}
			s = serve(t, data)
			k.check(s)
			s.end()
		})
	}
}

// A disk that stalls makes the server say that it is not ready, and why. It lives on, answers nothing that
// is not durable, and goes on when the disk does.
func TestFaultServeStallingDisk(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"file system", "disk below"} {
		t.Run(name, func(t *testing.T) {
			stalling := newDisk(t, t.TempDir(), "ext4", "", lowerDisk)
			d := stalling
			if name == "disk below" {
				d = newDisk(t, stalling.point, "ext4", "", faultyDisk)
			}
			s := serve(t, filepath.Join(d.point, "data"))
			s.saveKeep()
			k := &keeper{load: 1000, rounds: 5}
			k.start(t.Context(), s, "before")
			f := freezeDisk(t, stalling)
			started := make(chan bool, 1)
			go func() { started <- k.start(t.Context(), s, "during") }()
			began := time.Now()
			for {
				status, text := s.call(t.Context(), "GET", "/readyz", "")
				if status == http.StatusServiceUnavailable {
					t.Logf("after %s: %s", time.Since(began).Round(time.Second), text)
					if !strings.Contains(text, "the disk is not keeping up") {
						t.Errorf("the reason is missing")
					}
					break
				}
				if mustGoOn(t); time.Since(began) > frostMax/2 {
					t.Fatalf("the server calls itself ready while the disk stalls: %d %s", status, text)
				}
				time.Sleep(100 * time.Millisecond)
			}
			if status, text := s.call(t.Context(), "GET", "/livez", ""); status != http.StatusOK {
				t.Errorf("livez: %d %s", status, text)
			}
			s.MustLive()
			if len(started) > 0 {
				t.Error("a start was answered while the disk stalled")
			}
			f.thaw()
			if !<-started {
				t.Errorf("a start was refused once the disk was back: %v", k.refused)
			}
			if status, text := s.call(t.Context(), "GET", "/readyz", ""); status != http.StatusOK {
				t.Errorf("ready once the disk is back: %d %s", status, text)
			}
			k.check(s)
			s.end()
		})
	}
}
