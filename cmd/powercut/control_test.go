//go:build powercut

package powercut

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The control shows that the rig is sound: what was synced survives every cut, what was not does not. A
// rig whose cuts lose nothing would find every store to be perfect.

// controlSize is the size of a record.
const controlSize = 200

// controlOrders is what the control's writer is told.
type controlOrders struct {
	File, Acks string
	Sync       bool
}

// controlRecord is the i-th record of the file.
func controlRecord(i int64) []byte {
	text := fmt.Sprintf("%d ", i)
	return []byte(text + strings.Repeat(string(rune('a'+i%26)), controlSize-1-len(text)) + "\n")
}

// writePlainly writes records behind each other, each synced, or not, before it is acknowledged.
func writePlainly(input io.Reader) error {
	var orders controlOrders
	if err := json.NewDecoder(input).Decode(&orders); err != nil {
		return err
	}
	acks, err := openAckLog(orders.Acks)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(orders.File, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if orders.Sync {
		dir, err := os.Open(filepath.Dir(orders.File))
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), dir.Sync(), dir.Close()); err != nil {
			return err
		}
	}
	for i := int64(0); ; i++ {
		if _, err := f.WriteAt(controlRecord(i), i*controlSize); err != nil {
			return err
		}
		if orders.Sync {
			if err := f.Sync(); err != nil {
				return err
			}
		}
		if err := acks.add("%d", i); err != nil {
			return err
		}
	}
}

// control cuts the power under the plain writer, and returns how many records were acknowledged and how
// many of these are not there any more.
func control(t *testing.T, d *disk, logs, name string, sync bool, random *rand.Rand) (acked, lost int) {
	t.Helper()
	orders := controlOrders{File: filepath.Join(d.point, name), Acks: filepath.Join(logs, name+".acks"), Sync: sync}
	w := startRole(t, roleControl, orders)
	lines := func() []string {
		text, err := os.ReadFile(orders.Acks)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all := strings.Split(string(text), "\n")
		return all[:len(all)-1] // what is behind the last newline is no whole line
	}
	await(t, w, func() bool { return len(lines()) > 0 })
	time.Sleep(time.Duration(random.Int64N(int64(loadMax))))
	w.mustLive()
	noted := lines()
	d.cut()
	w.kill()
	d.remount()

	stored, err := os.ReadFile(orders.File)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, line := range noted {
		var i int64
		if _, err := fmt.Sscan(line, &i); err != nil {
			t.Fatal(err)
		}
		acked++
		if end := (i + 1) * controlSize; int64(len(stored)) < end || string(stored[i*controlSize:end]) != string(controlRecord(i)) {
			lost++
		}
	}
	return acked, lost
}
