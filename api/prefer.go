package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// preference is what a Prefer header (RFC 7240) says about waiting for a run.
type preference struct {
	async   bool          // respond-async
	waits   bool          // wait=N was given
	timeout time.Duration // N
}

// waitMax bounds wait=N: proxies and clients rarely keep a silent call open for longer.
const waitMax = time.Hour

// preferenceOf reads the Prefer headers. What it does not know, or cannot read, it leaves aside, as the RFC
// asks. The first of two equal preferences counts.
func preferenceOf(h http.Header) preference {
	var p preference
	for _, line := range h.Values("Prefer") {
		for part := range strings.SplitSeq(line, ",") {
			token, _, _ := strings.Cut(part, ";")
			name, value, _ := strings.Cut(token, "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "respond-async":
				p.async = true
			case "wait":
				seconds, err := strconv.ParseUint(value, 10, 32)
				if err != nil || p.waits {
					continue
				}
				p.waits, p.timeout = true, min(time.Duration(seconds)*time.Second, waitMax)
			}
		}
	}
	return p
}

// applied is the Preference-Applied header that tells which preferences were honoured.
func (p preference) applied() string {
	var parts []string
	if p.async {
		parts = append(parts, "respond-async")
	}
	if p.waits {
		parts = append(parts, "wait="+strconv.Itoa(int(p.timeout/time.Second)))
	}
	return strings.Join(parts, ", ")
}
