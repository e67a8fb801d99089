package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestCommitsAreOpenedAsSealed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Commit{
			Run: "run-1", Workflow: "flow_1", First: rapid.Uint64Range(1, 1<<63).Draw(t, "first"),
			Epoch: anyText.Draw(t, "epoch"), Prev: anyText.Draw(t, "prev"),
		}
		for i := range rapid.IntRange(1, 5).Draw(t, "events") {
			e := anyEvent(t)
			e.Run, e.N = c.Run, c.First+uint64(i)
			c.Events = append(c.Events, e)
		}
		sealed := Seal(c)
		if !json.Valid(sealed.Data) {
			t.Fatalf("not JSON: %s", sealed.Data)
		}
		opened, err := Open(sealed.Data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sealed, opened, cmpopts.IgnoreUnexported(Sealed{})); diff != "" {
			t.Fatalf("(-sealed +opened):\n%s", diff)
		}
		proof, err := Verify(sealed.Data)
		if err != nil || string(proof.Run) != c.Run || proof.First != sealed.First || proof.Last != sealed.Last ||
			string(proof.Prev) != c.Prev || string(proof.Digest) != sealed.Digest {
			t.Fatalf("%s is verified as %+v, error %v", sealed.Data, proof, err)
		}
		for i, raw := range sealed.Raw {
			if want := c.Events[i].AppendJSON(nil); !bytes.Equal(raw.JSON, want) || raw.Type != c.Events[i].Type() {
				t.Fatalf("event %d is %s\n%s\nwant\n%s", i, raw.Type, raw.JSON, want)
			}
		}
		events, err := opened.Events()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.Events, events); diff != "" {
			t.Fatalf("(-sealed +opened):\n%s", diff)
		}
	})
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	data := Seal(sampleCommit()).Data
	for i := range data {
		for bit := range 8 {
			flipped := bytes.Clone(data)
			flipped[i] ^= 1 << bit
			var damage *DamageError
			if _, err := Open(flipped); !errors.As(err, &damage) {
				t.Fatalf("bit %d of byte %d: %v", bit, i, err)
			}
			if _, err := Verify(flipped); !errors.As(err, &damage) {
				t.Fatalf("bit %d of byte %d is verified: %v", bit, i, err)
			}
		}
	}
}

func TestEveryCutIsFound(t *testing.T) {
	data := Seal(sampleCommit()).Data
	for i := range data {
		var damage *DamageError
		if _, err := Open(data[:i]); !errors.As(err, &damage) {
			t.Fatalf("the first %d bytes: %v", i, err)
		}
		if _, err := Open(slices.Delete(bytes.Clone(data), i, i+1)); !errors.As(err, &damage) {
			t.Fatalf("without byte %d: %v", i, err)
		}
	}
	if _, err := Open(append(bytes.Clone(data), '\n')); err == nil {
		t.Error("a byte more is not found")
	}
}

// A log in memory spares its readers the decoding, and gives them what decoding gives.
func TestKept(t *testing.T) {
	sealed := Seal(sampleCommit())
	want, err := sealed.Events()
	if err != nil {
		t.Fatal(err)
	}
	kept := sealed.Kept()
	first, err := kept.Events()
	if diff := cmp.Diff(want, first); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if again, err := kept.Events(); &again[0] != &first[0] || err != nil {
		t.Errorf("the events are decoded once more: %v", err)
	}
	damaged := Sealed{Run: "r", Raw: []Raw{{JSON: []byte("{")}}}
	if _, err := damaged.Kept().Events(); err == nil {
		t.Error("a commit that cannot be decoded can once it is kept")
	}
	if events, err := (Sealed{}).Kept().Events(); len(events) != 0 || err != nil {
		t.Errorf("the zero commit has %v, %v", events, err)
	}
}

func TestTheZeroSealedHasNoEvents(t *testing.T) {
	if events, err := (Sealed{}).Events(); len(events) != 0 || err != nil {
		t.Errorf("%v, %v", events, err)
	}
}

// sealText puts the right digest on a text that Seal would not have written.
func sealText(text string) []byte {
	sum := digest([]byte(text))
	return []byte(text + digestLabel + string(sum[:]) + `"}`)
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	const (
		head  = `{"v":1,"run":"r","workflow":"w","first":7,"epoch":"e","prev":"p","events":[`
		event = `{"run":"r","n":7,"type":"RunCompleted","at":"2026-11-02T09:30:00Z","state":"]}\\\"{"}`
	)
	if c, err := Open(sealText(head + event + `]`)); err != nil || len(c.Raw) != 1 || string(c.Raw[0].JSON) != event || c.Last != 7 {
		t.Fatalf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		``:             `it does not begin with a version`,
		`{"v":x`:       `it does not begin with a version`,
		`{"v":0,"run"`: `it has the version 0`,
		`{"v":1,"run":"a.b","workflow":"w","first":7,"epoch":"e","prev":"p","events":[`: `it does not name its run and workflow`,
		`{"v":1,"run":"r","workflow":"*","first":7,"epoch":"e","prev":"p","events":[`:   `it does not name its run and workflow`,
		`{"v":1,"run":"r","workflow":"w`:                                                `it does not name its run and workflow`,
		`{"v":1,"run":"r","workflow":"w","first":0,"epoch":"e"`:                         `it does not say the number of its first event`,
		`{"v":1,"run":"r","workflow":"w","first":07,"epoch":"e"`:                        `it does not say the number of its first event`,
		`{"v":1,"run":"r","workflow":"w","first":18446744073709551616,"epoch":"e"`:      `it does not say the number of its first event`,
		`{"v":1,"run":"r","workflow":"w","first":99999999999999999999,"epoch":"e"`:      `it does not say the number of its first event`,
		`{"v":1,"run":"r","workflow":"w","first":,"epoch":"e"`:                          `it does not say the number of its first event`,
		`{"v":1,"run":"r","workflow":"w","first":7,"epoch":"e"`:                         `it does not say its epoch and the commit before it`,
		`{"v":1,"run":"r","workflow":"w","first":7,"epoch":"\x","prev":"p"`:             `it does not say its epoch and the commit before it`,
		strings.TrimSuffix(head, `[`):                                                   `it has no events`,
		head + `]`:                                                                      `event 7 is not where it should be, at byte 75`,
		head + event:                                                                    `event 7 does not end where it should`,
		head + event + event + `]`:                                                      `event 7 does not end where it should`,
		head + event + `,` + event + `]`:                                                `event 8 is not where it should be`,
		head + event + `],"more":1`:                                                     `9 bytes follow its events`,
		head + strings.Replace(event, `"r"`, `"s"`, 1) + `]`:                            `event 7 is not where it should be`,
		head + strings.Replace(event, `:7,`, `:8,`, 1) + `]`:                            `event 7 is not where it should be`,
		head + strings.Replace(event, `RunCompleted`, ``, 1) + `]`:                      `event 7 is not where it should be`,
		head + strings.Replace(event, `"type"`, `"kind"`, 1) + `]`:                      `event 7 is not where it should be`,
		head + strings.TrimSuffix(event, `}`):                                           `event 7 is not where it should be`,
		head + `{"run":"r","n":7,"type":"RunCompleted","at":"`:                          `event 7 is not where it should be`,
	} {
		_, err := Open(sealText(text))
		var damage *DamageError
		if !errors.As(err, &damage) || !strings.HasPrefix(damage.Reason, want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		`{`: `damaged commit: it has only 1 bytes`,
		`{"v":1,"run":"r",` + strings.Repeat(" ", 60):               `damaged commit of run r: it does not end with its digest`,
		string(sealText(head + event + `]`))[1:]:                    `damaged commit of run r: its 160 bytes have the digest`,
		`{"v":1,"run":"` + strings.Repeat(".", 60) + `","workflow"`: `damaged commit: it does not end with its digest`,
	} {
		if _, err := Open([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestOpenOfANewerFormat(t *testing.T) {
	_, err := Open(sealText(`{"v":2,"runs":[]`))
	var damage *DamageError
	if !errors.Is(err, ErrUnknownVersion) || errors.As(err, &damage) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownTypesAreOpenedAndNotDecoded(t *testing.T) {
	text := `{"v":1,"run":"r","workflow":"w","first":7,"epoch":"e","prev":"","events":[{"run":"r","n":7,"type":"NodeDreamed","at":"2026-11-02T09:30:00Z"}]`
	c, err := Open(sealText(text))
	if err != nil || c.Raw[0].Type != "NodeDreamed" {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := c.Events(); !errors.Is(err, ErrUnknownType) {
		t.Errorf("got %v", err)
	}
}

func TestSealRefusesWhatOpenWould(t *testing.T) {
	for name, change := range map[string]func(c *Commit){
		"no events":          func(c *Commit) { c.Events = nil },
		"from 0":             func(c *Commit) { c.First = 0 },
		"a gap":              func(c *Commit) { c.Events[1].N++ },
		"another first":      func(c *Commit) { c.First++ },
		"another run's":      func(c *Commit) { c.Events[1].Run = "other" },
		"an event less":      func(c *Commit) { c.Events = c.Events[1:] },
		"an event repeated":  func(c *Commit) { c.Events[1] = c.Events[0] },
		"without a body":     func(c *Commit) { c.Events[0].Body = nil },
		"another run's name": func(c *Commit) { c.Run = "other" },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			c := sampleCommit()
			change(&c)
			Seal(c)
		}()
	}
}

func TestValidID(t *testing.T) {
	for _, id := range []string{"a", "Z", "0", "_", "-", "run-7_B", strings.Repeat("x", 64)} {
		if !ValidID(id) {
			t.Errorf("%q is refused", id)
		}
	}
	for _, id := range []string{"", strings.Repeat("x", 65), "a.b", "a b", "*", ">", "a\x00", "é", "a/b", "@", "[", "`", "{", "a\n"} {
		if ValidID(id) {
			t.Errorf("%q passes", id)
		}
	}
}
