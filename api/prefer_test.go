package api

import (
	"net/http"
	"testing"
	"time"
)

func TestPreferences(t *testing.T) {
	for _, c := range []struct {
		headers []string
		want    preference
		applied string
	}{
		{nil, preference{}, ""},
		{[]string{"wait=10"}, preference{waits: true, timeout: 10 * time.Second}, "wait=10"},
		{[]string{"respond-async, wait=10"}, preference{async: true, waits: true, timeout: 10 * time.Second}, "respond-async, wait=10"},
		{[]string{"respond-async", " Wait = \"3\" ; x=y"}, preference{async: true, waits: true, timeout: 3 * time.Second}, "respond-async, wait=3"},
		{[]string{"wait=5, wait=9"}, preference{waits: true, timeout: 5 * time.Second}, "wait=5"},
		{[]string{"wait=-1, wait=x, wait, return=minimal"}, preference{}, ""},
		{[]string{"wait=4000000"}, preference{waits: true, timeout: waitMax}, "wait=3600"},
		{[]string{"wait=0"}, preference{waits: true}, "wait=0"},
	} {
		got := preferenceOf(http.Header{"Prefer": c.headers})
		if got != c.want || got.applied() != c.applied {
			t.Errorf("%q reads %+v, applied %q; want %+v, %q", c.headers, got, got.applied(), c.want, c.applied)
		}
	}
}
