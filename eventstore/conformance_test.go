package eventstore_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/logtest"
)

// TestPromises holds the embedded store to the promises of an event log.
func TestPromises(t *testing.T) {
	for _, sync := range []eventstore.Sync{eventstore.SyncBarrier, eventstore.SyncAlways} {
		t.Run(string(sync), func(t *testing.T) {
			logtest.Run(t, func(t *testing.T) logtest.Log {
				return openStore(t, eventstore.Config{Dir: t.TempDir(), Sync: sync})
			})
		})
	}
}

func openStore(t *testing.T, cfg eventstore.Config) *eventstore.Store {
	t.Helper()
	s, err := eventstore.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// TestPromisesUnderFaults holds it to what it keeps while connections break, and while syncs fail. A store that
// only loses connections must not fail at all.
func TestPromisesUnderFaults(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for name, failures := range map[string]int{"connections": 0, "syncs": 3} {
		t.Run(name, func(t *testing.T) {
			logtest.RunDisturbed(t, func(t *testing.T) logtest.Machine {
				dir, random, opened := t.TempDir(), rand.New(rand.NewPCG(seed, 0)), 0
				next := func() *eventstore.Store {
					failing := 0
					if opened++; opened <= failures {
						failing = 1 + random.IntN(40)
					}
					return eventstore.OpenDisturbed(t, dir, random.Uint64(), failing)
				}
				return logtest.Machine{Log: next(), Restart: func(log logtest.Log) logtest.Log {
					if err := log.Ready(); failures == 0 && errors.Is(err, eventstore.ErrUnavailable) {
						t.Errorf("the store has failed: %v", err)
					}
					if err := log.Close(); err != nil && failures == 0 {
						t.Errorf("close: %v", err)
					}
					return next()
				}}
			})
		})
	}
}
