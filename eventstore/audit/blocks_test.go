package audit_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/audit"
)

// stored returns the commits of a store in the order of their sequences, which begin with 1.
func stored(t testing.TB, es *eventstore.Store) (all []eventstore.Stored) {
	t.Helper()
	for c, err := range es.Scan(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// wantFound fails where what was found is another message than was stored.
func wantFound(t *testing.T, found audit.Found, want *eventstore.Stored) {
	t.Helper()
	if found.Sequence != want.Sequence || found.Subject != "weir.runs.default."+want.Run || !found.At.Equal(want.At) || string(found.Data) != string(want.Data) {
		t.Errorf("at %d was found %d on %s, %d bytes", want.Sequence, found.Sequence, found.Subject, len(found.Data))
	}
}

// Every message of every block but the newest is found, as it was stored, whoever asks in what order.
func TestFindMessages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	es := open(t, dir)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	authors := make([]*author, 5)
	for i := range authors {
		authors[i] = &author{run: fmt.Sprintf("run-%d", i)}
	}
	behind := map[uint64]uint64{}
	for size := 0; size < 20<<20; { // two blocks and the beginning of a third
		a := authors[random.IntN(len(authors))]
		a.filler = []int{50, 5000, 5000, 20_000, 400_000}[min(random.IntN(5), random.IntN(5), random.IntN(5))]
		last := a.sequence
		size += len(a.write(t, es, 1+random.IntN(3)).Data)
		behind[a.sequence] = last
	}
	all := stored(t, es)
	blocks := audit.NewBlocks(dir)
	found := 0
	for range 3 {
		for _, i := range random.Perm(len(all)) {
			m, ok := blocks.Find(all[i].Sequence)
			if !ok {
				continue
			}
			found++
			if wantFound(t, m, &all[i]); m.Behind != behind[m.Sequence] {
				t.Errorf("%d was stored behind %d, not %d", m.Sequence, behind[m.Sequence], m.Behind)
			}
		}
	}
	if sealed := 3 * sealedMessages(t, dir, all); found != sealed {
		t.Errorf("%d of %d messages were found", found, sealed)
	}
	for _, none := range []uint64{0, uint64(len(all)) + 1, 1 << 40} {
		if m, ok := blocks.Find(none); ok {
			t.Errorf("at %d was found %d", none, m.Sequence)
		}
	}
}

// sealedMessages counts the messages that are not in the newest block.
func sealedMessages(t *testing.T, dir string, all []eventstore.Stored) int {
	t.Helper()
	data, err := os.ReadFile(newest(t, dir))
	if err != nil || len(all) == 0 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	return int(binary.LittleEndian.Uint64(data[4:]) - all[0].Sequence)
}

// Whatever is damaged, a message that is found is the one that was stored.
func TestFindInDamagedBlocks(t *testing.T) {
	whole, _ := store(t)
	es := open(t, whole)
	all := stored(t, es)
	shut(t, es)
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir, s := store(t)
			blocks := audit.NewBlocks(dir)
			find := func() {
				for i := range all {
					if m, ok := blocks.Find(all[i].Sequence); ok {
						wantFound(t, m, &all[i])
					}
				}
			}
			find()
			damage(t, dir, s)
			find()
		})
	}
}

// A block may be written anew with another layout, as the server does when most of it was deleted.
func TestFindInRewrittenBlock(t *testing.T) {
	dir, _ := store(t)
	es := open(t, dir)
	all := stored(t, es)
	shut(t, es)
	blocks := audit.NewBlocks(dir)
	if _, ok := blocks.Find(1); !ok {
		t.Fatal("the first message is not found")
	}
	cut := records(t, at(dir, "1.blk"))[3]
	edit(t, at(dir, "1.blk"), func(data []byte) []byte { return data[cut:] })
	for i := range all[:3] {
		if m, ok := blocks.Find(all[i].Sequence); ok {
			t.Errorf("%d is found, which was cut off", m.Sequence)
		}
	}
	if m, ok := blocks.Find(4); !ok {
		t.Error("what follows is not found")
	} else {
		wantFound(t, m, &all[3])
	}
}
