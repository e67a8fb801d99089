package event

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirflow/weir/eventstore/document"
)

// peekAll reads the fields of a text as name=value, in their order.
func peekAll(text string) (fields []string) {
	for name, value := range (Raw{JSON: []byte(text)}).Fields() {
		fields = append(fields, string(name)+"="+string(value))
	}
	return fields
}

func TestFieldsAreThoseThatDecodeReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyEvent(t).AppendJSON(nil)
		v, err := document.ParseDepth(text, document.MaxDepth+envelopeDepth)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for name, value := range (Raw{JSON: text}).Fields() {
			want, ok := v.Get(string(name))
			if !ok {
				t.Fatalf("%s has no field %s", text, name)
			}
			found++
			if s, isText := want.AsString(); isText {
				if got, ok := value.Text(); !ok || got != s {
					t.Fatalf("%s of %s is %q, %v", name, text, got, ok)
				}
			}
			if i, isInt := want.AsInt(); isInt && string(value) == strconv.FormatInt(i, 10) {
				if got, ok := value.Int(); !ok || got != i {
					t.Fatalf("%s of %s is %d, %v", name, text, got, ok)
				}
			}
			if again, err := document.ParseDepth(value, document.MaxDepth+envelopeDepth); err != nil || !document.Equal(again, want) {
				t.Fatalf("%s of %s is %s: %v", name, text, value, err)
			}
		}
		if found != v.Len() {
			t.Fatalf("%d fields of %s", found, text)
		}
	})
}

func TestFieldsOfAnyText(t *testing.T) {
	for text, want := range map[string][]string{
		``:   nil,
		`{}`: nil,
		`[]`: nil,
		`7`:  nil,
		" { \"a\" :\t1 ,\n\"b\": [ {\"}\":\"]\"} ] , \"c\":\"\\\"\" } ": {`a=1`, `b=[ {"}":"]"} ]`, `c="\""`},
		`{"a":1,"b"`:     {`a=1`},
		`{"a":1,"b":`:    {`a=1`},
		`{"a":1,"b":}`:   {`a=1`},
		`{"a":1,"b":[`:   {`a=1`},
		`{"a":1,"b":"x`:  {`a=1`},
		`{"a":1 "b":2}`:  {`a=1`},
		`{"a":1,b:2}`:    {`a=1`},
		`{"a":1,"b" 2}`:  {`a=1`},
		`{"a":1,`:        {`a=1`},
		`{"a":null`:      nil,
		`{"a":-1.5e3}`:   {`a=-1.5e3`},
		`{"a\u0062":"x"`: {`a\u0062="x"`},
	} {
		if diff := cmp.Diff(want, peekAll(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	for range (Raw{JSON: []byte(`{"a":1,"b":2}`)}).Fields() {
		break // who has found what it looks for may stop
	}
}

func TestPeekedValues(t *testing.T) {
	for text, want := range map[string]string{`"x"`: "x", `"\u00e4\n"`: "ä\n", `7`: "", `"`: "", `""`: "", `"\x"`: "", `null`: ""} {
		if got, ok := Peeked(text).Text(); got != want || ok != (want != "" || text == `""`) {
			t.Errorf("%s is the text %q, %v", text, got, ok)
		}
	}
	for text, want := range map[string]int64{`7`: 7, `-9223372036854775808`: -1 << 63, `"7"`: 0, `1.0`: 0, `18446744073709551615`: 0} {
		if got, ok := Peeked(text).Int(); ok != (want != 0) || ok && got != want {
			t.Errorf("%s is the number %d, %v", text, got, ok)
		}
	}
	want := sampleTime
	if got, ok := Peeked(`"` + want.Format(instantLayout) + `"`).Instant(); !ok || !got.Equal(want) {
		t.Errorf("got %s, %v", got, ok)
	}
	for _, text := range []string{`"now"`, `7`, `""`} {
		if got, ok := Peeked(text).Instant(); ok {
			t.Errorf("%s is the time %s", text, got)
		}
	}
}

func BenchmarkFields(b *testing.B) {
	raw := Raw{JSON: samples["NodeFailed"].AppendJSON(nil)}
	b.SetBytes(int64(len(raw.JSON)))
	b.ReportAllocs()
	for b.Loop() {
		fields := 0
		for range raw.Fields() {
			fields++
		}
		if fields < 10 {
			b.Fatalf("%d fields", fields)
		}
	}
}

func FuzzFields(f *testing.F) {
	for _, e := range samples {
		f.Add(e.AppendJSON(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		for name, value := range (Raw{JSON: data}).Fields() {
			total += len(name) + len(value)
			_, _ = value.Text()
			_, _ = value.Int()
			_, _ = value.Instant()
		}
		if total > len(data) {
			t.Fatalf("%q has fields of %d bytes", data, total)
		}
	})
}
