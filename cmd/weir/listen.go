package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// listen opens a TCP listener for the address that a flag gave. It refuses addresses that other machines
// could reach, because there is no authentication yet.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	if err := loopbackOnly(flag, address); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("--%s %s: another program listens there; choose another address with --%s HOST:PORT, or port 0 for a free one: %w", flag, address, flag, err)
	case err != nil:
		return nil, fmt.Errorf("--%s %s: %w", flag, address, err)
	}
	return listener, nil
}

// natsAddress reads the --nats flag: "" and "off" mean none. The store opens the listener itself, so that
// the address is free is tried here, where the flag can still be named.
func natsAddress(ctx context.Context, address string) (string, error) {
	if address == "" || address == "off" {
		return "", nil
	}
	listener, err := listen(ctx, "nats", address)
	if err != nil {
		return "", err
	}
	return address, listener.Close()
}

func loopbackOnly(flag, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("--%s %q is not an address; write HOST:PORT, such as 127.0.0.1:8000", flag, address)
	}
	if strings.EqualFold(host, "localhost") {
		return nil
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return nil
	}
	return usagef("--%s %s could be reached by other machines, and this version has no authentication; use 127.0.0.1, [::1] or localhost, behind a proxy that authenticates", flag, address)
}

// listenNear opens the wanted address or, when it is taken, any free port of the same host.
func listenNear(ctx context.Context, flag, address string) (net.Listener, error) {
	listener, err := listen(ctx, flag, address)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return listener, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return listen(ctx, flag, net.JoinHostPort(host, "0"))
}
