package event

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzOpen(f *testing.F) {
	f.Add(Seal(sampleCommit()).Data, false)
	f.Add([]byte(`{"v":1,"run":"r","workflow":"w","first":7,"epoch":"e","prev":"p","events":[{"run":"r","n":7,"type":"X","a":"\\\""}]`), true)
	f.Fuzz(func(t *testing.T, data []byte, seal bool) {
		if seal {
			data = sealText(string(data))
		}
		c, err := Open(data)
		if _, also := Verify(data); (err == nil) != (also == nil) {
			t.Fatalf("Open says %v, Verify %v", err, also)
		}
		if err != nil {
			return
		}
		if !ValidID(c.Run) || len(c.Raw) == 0 || c.Last != c.First+uint64(len(c.Raw))-1 {
			t.Fatalf("%q is opened as %+v", data, c)
		}
		_, _ = c.Events()
	})
}

func FuzzDecode(f *testing.F) {
	for _, e := range samples {
		f.Add(e.AppendJSON(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Decode(e.AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Fatalf("%q (-first +again):\n%s", data, diff)
		}
	})
}
