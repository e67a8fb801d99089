package memlog_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/weirflow/weir/eventstore/logtest"
	"github.com/weirflow/weir/eventstore/memlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPromises holds a log without faults to the promises of an event log, each in a bubble, which also sees
// that every goroutine ends.
func TestPromises(t *testing.T) {
	for _, p := range logtest.Promises() {
		t.Run(p.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := memlog.Open(memlog.Faults{})
				defer log.Close()
				p.Test(t, log)
			})
		})
	}
}

// TestPromisesUnderFaults holds a log to what it keeps while everything goes wrong that can.
func TestPromisesUnderFaults(t *testing.T) {
	for seed := range uint64(30) {
		for _, p := range logtest.DisturbedPromises() {
			t.Run(fmt.Sprintf("seed %d/%s", seed, p.Name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p.Test(t, logtest.Machine{Log: memlog.Open(faults(seed)), Restart: func(log logtest.Log) logtest.Log {
						if seed%2 == 0 {
							return log.(*memlog.Log).Restart(memlog.PowerCut)
						}
						return log.(*memlog.Log).Restart(memlog.Killed)
					}})
				})
			})
		}
	}
}

func faults(seed uint64) memlog.Faults {
	return memlog.Faults{
		Seed: seed, Delay: 5 * time.Millisecond, Late: 10, LostAnswers: 10, Repeats: 10, Rivals: 5, Failures: 5, Disruptions: 5,
	}
}
