package tools

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

func TestRefusal(t *testing.T) {
	refused := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
		"198.51.100.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::7f00:1", "64:ff9b::7f00:1",
		"64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1",
		"fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
	}
	for _, text := range refused {
		if refusal(netip.MustParseAddr(text)) == "" {
			t.Errorf("%s is allowed", text)
		}
	}
	allowed := []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
		"192.0.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700::1111", "2a00::1",
	}
	for _, text := range allowed {
		if why := refusal(netip.MustParseAddr(text)); why != "" {
			t.Errorf("%s is refused: %s", text, why)
		}
	}
}

// The dialer asks about each address that it is about to connect to; nothing is sent here.
func TestDialIsChecked(t *testing.T) {
	for address, want := range map[string]string{
		"169.254.169.254:80":          "it is link-local, where metadata services live; only public addresses are allowed unless weir runs with --allow-private-http",
		"[::ffff:169.254.169.254]:80": "it is link-local",
		"[64:ff9b::a9fe:a9fe]:80":     "it is link-local",
		"[fd00:ec2::254]:80":          "it is in a private network",
		"[fe80::1%eth0]:443":          "it is link-local",
		"100.100.100.200:80":          "it is shared behind a carrier's NAT",
		"192.0.0.192:80":              "it is reserved for protocols and metadata services",
		"10.0.0.1:80":                 "it is in a private network",
		"127.0.0.1:80":                "it is a loopback address",
		"metadata.internal:80":        "is not an address and port",
		"169.254.169.254":             "is not an address and port",
	} {
		err := checkDial(address)
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindAddressRefused || !strings.Contains(e.Message, want) || !strings.Contains(e.Message, address) {
			t.Errorf("%s: got error %v, want %s", address, err, want)
		}
		if err := allowDial(address); err != nil {
			t.Errorf("%s is refused where every address is allowed: %v", address, err)
		}
	}
	for _, address := range []string{"1.1.1.1:443", "[2606:4700::1111]:443", "[::ffff:8.8.8.8]:53"} {
		if err := checkDial(address); err != nil {
			t.Errorf("%s is refused: %v", address, err)
		}
	}
}

func TestRequestRefusesPrivateAddresses(t *testing.T) {
	var count atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { count.Add(1) }))
	defer server.Close()
	place := netip.MustParseAddrPort(server.Listener.Addr().String())
	port := strings.TrimPrefix(place.String(), place.Addr().String())
	tool := httpTool(Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"} {
		_, err := tool.Invoke(t.Context(), httpCall(`{"url": "http://%s%s/?token=s3cret"}`, host, port))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got error %v", host, err)
			continue
		}
		if e.Kind != KindAddressRefused {
			t.Errorf("%s: got %s: %s", host, e.Kind, e.Message)
		}
		if strings.Contains(e.Message, "s3cret") {
			t.Errorf("%s: %s", host, e.Message)
		}
	}
	if n := count.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// One server may be reached, so that its redirect is what leads to an address that may not.
func TestRedirectToAPrivateAddressIsRefused(t *testing.T) {
	var count atomic.Int64
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { count.Add(1) }))
	defer inner.Close()
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inner.URL+"/admin?token=s3cret", http.StatusFound)
	}))
	defer outer.Close()
	client := &httpClient{transport: httpTransport(func(address string) error {
		if address == outer.Listener.Addr().String() {
			return nil
		}
		return checkDial(address)
	})}
	_, err := client.call(t.Context(), httpCall(`{"url": "%s"}`, outer.URL))
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindAddressRefused {
		t.Fatalf("got error %v", err)
	}
	if !strings.Contains(e.Message, inner.URL+"/admin: refused to connect to "+inner.Listener.Addr().String()) ||
		strings.Contains(e.Message, "s3cret") {
		t.Errorf("unexpected message %s", e.Message)
	}
	if n := count.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}
