package api

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guard refuses what a browser was tricked into sending. A page of another site can make a browser call
// this machine, by a name of its own that resolves to it (DNS rebinding), by posting across sites, or by a
// WebSocket, which no same-origin rule covers. Programs are not concerned: they name the host they mean and
// send no Origin.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hostAllowed(r.Host) {
			newProblem(kindForeignHost, "this server does not answer as %q; call it by localhost or 127.0.0.1, or have it started with that name among its allowed hosts", r.Host).write(w, r)
			return
		}
		if effective(r) && !sameOrigin(r) {
			newProblem(kindForeignOrigin, "a page of %q may not use this server", r.Header.Get("Origin")).write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// effective reports whether a request does more than read: any unsafe method, and a WebSocket, whose
// answers a foreign page could read.
func effective(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return isUpgrade(r)
	}
	return true
}

// isUpgrade reports whether a request asks for a WebSocket.
func isUpgrade(r *http.Request) bool {
	return headerHasToken(r.Header, "Connection", "upgrade") && headerHasToken(r.Header, "Upgrade", "websocket")
}

func headerHasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// localNames are the hosts that are always this machine.
var localNames = []string{"localhost", "127.0.0.1", "::1"}

// hostAllowed reports whether a Host header names this machine or a configured host. A configured name
// with a port holds for that port only, one without for all; "*" allows every host.
func (s *Server) hostAllowed(hostPort string) bool {
	host := hostOf(hostPort)
	if host == "" {
		return false
	}
	if slices.Contains(localNames, host) {
		return true
	}
	return slices.ContainsFunc(s.hosts, func(allowed string) bool {
		return allowed == "*" || allowed == host || allowed == strings.ToLower(hostPort)
	})
}

// hostOf is the host of a Host header, lower case, without port, brackets and final dot.
func hostOf(hostPort string) string {
	host := hostPort
	if h, _, err := net.SplitHostPort(hostPort); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// sameOrigin reports whether a request comes from a page of this server, or from no page at all.
func sameOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		// Browsers that leave Origin out say by this header where a request comes from.
		site := r.Header.Get("Sec-Fetch-Site")
		return site == "" || site == "same-origin" || site == "none"
	}
	u, err := url.Parse(origins[0])
	return len(origins) == 1 && err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, r.Host)
}
