package tools

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// httpTransport makes the transport of http.request. Each address passes check when its socket is about
// to connect, after every resolution of names: no name, redirect or change of a DNS answer gets around
// it. There is no proxy, which would be dialled instead.
func httpTransport(check func(address string) error) *http.Transport {
	dialer := &net.Dialer{
		Timeout: 10 * time.Second,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return check(address)
		},
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: httpHeaderBytesMax,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
	}
}

// allowDial lets every address pass.
func allowDial(string) error { return nil }

// checkDial refuses an address, as a dialer gives it to its control function, that is not public.
func checkDial(address string) error {
	place, err := netip.ParseAddrPort(address)
	if err != nil {
		return &Error{Kind: KindAddressRefused, Message: fmt.Sprintf("%q is not an address and port", address)}
	}
	if why := refusal(place.Addr()); why != "" {
		return &Error{Kind: KindAddressRefused, Message: fmt.Sprintf(
			"refused to connect to %s: %s; only public addresses are allowed unless weir runs with --allow-private-http", address, why)}
	}
	return nil
}

// refusedRanges are the special-purpose ranges (IANA registries of RFC 6890) that net/netip has no
// predicate for. Longer ones come before the ranges that hold them.
var refusedRanges = []struct {
	prefix netip.Prefix
	why    string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "it means this host or network"},
	{netip.MustParsePrefix("100.64.0.0/10"), "it is shared behind a carrier's NAT"},
	{netip.MustParsePrefix("192.0.0.0/24"), "it is reserved for protocols and metadata services"},
	{netip.MustParsePrefix("192.0.2.0/24"), "it is for documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), "it is a relay for IPv6"},
	{netip.MustParsePrefix("198.18.0.0/15"), "it is for benchmarks of networks"},
	{netip.MustParsePrefix("198.51.100.0/24"), "it is for documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "it is for documentation"},
	{netip.MustParsePrefix("240.0.0.0/4"), "it is reserved"},
	{netip.MustParsePrefix("2001::/23"), "it is reserved for protocols"},
	{netip.MustParsePrefix("2001:db8::/32"), "it is for documentation"},
	{netip.MustParsePrefix("2002::/16"), "it embeds an IPv4 address (6to4)"},
	{netip.MustParsePrefix("3fff::/20"), "it is for documentation"},
}

var (
	nat64         = netip.MustParsePrefix("64:ff9b::/96")
	globalUnicast = netip.MustParsePrefix("2000::/3")
)

// refusal says why an address is not public, or "".
func refusal(a netip.Addr) string {
	// An IPv4 address keeps its meaning in IPv6 clothes.
	a = a.WithZone("").Unmap()
	if nat64.Contains(a) {
		bytes := a.As16()
		a = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	switch {
	case !a.IsValid():
		return "it is not an address"
	case a.IsUnspecified():
		return "it is unspecified"
	case a.IsLoopback():
		return "it is a loopback address"
	case a.IsPrivate():
		return "it is in a private network"
	case a.IsLinkLocalUnicast():
		return "it is link-local, where metadata services live"
	case a.IsMulticast():
		return "it is a multicast address"
	}
	for _, r := range refusedRanges {
		if r.prefix.Contains(a) {
			return r.why
		}
	}
	if a.Is6() && !globalUnicast.Contains(a) {
		return "it is outside the public part of IPv6"
	}
	return ""
}
