package main

import (
	"log/slog"
	"net"
	"sync"
	"time"
)

const (
	// filesKept is how many open files are kept from clients at least: for the store, the list of runs, and what scripts and tools open.
	filesKept = 128
	// connectionsLeast are let in, however few files the process may open.
	connectionsLeast = 16
	// fullPause is how long a listener that is full says nothing more about it.
	fullPause = time.Minute
)

// connectionsMax is how many clients may be connected where the process may open so many files; 0 is no bound. A quarter of the files is
// not theirs: a store that cannot open a file gives up.
func connectionsMax(files int) int {
	if files <= 0 {
		return 0
	}
	return max(connectionsLeast, files-max(files/4, filesKept))
}

// boundedListener lets in so many connections at once. The others wait until one ends.
type boundedListener struct {
	*net.TCPListener

	places chan struct{} // one token for each connection
	closed chan struct{}
	close  sync.Once
	log    *slog.Logger
	told   time.Time // when it was last said that it is full
}

// bound returns the listener itself where there is no bound, or it is not for TCP.
func bound(listener net.Listener, most int, log *slog.Logger) net.Listener {
	tcp, ok := listener.(*net.TCPListener)
	if !ok || most <= 0 {
		return listener
	}
	return &boundedListener{TCPListener: tcp, places: make(chan struct{}, most), closed: make(chan struct{}), log: log}
}

// Accept waits for a place, and then for a connection. It is for one goroutine.
func (l *boundedListener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	default:
		if time.Since(l.told) > fullPause {
			l.told = time.Now()
			l.log.Warn("as many clients are connected as the limit of open files allows; more wait until one leaves, or raise the limit (ulimit -n)", "connections", cap(l.places))
		}
		select {
		case l.places <- struct{}{}:
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
	conn, err := l.AcceptTCP()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &boundedConn{TCPConn: conn, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

// Close ends Accept, too, where it waits for a place.
func (l *boundedListener) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.TCPListener.Close()
}

// boundedConn gives its place back when it is closed. Else it is what net/http knows, which ends its own half first where an answer
// comes before the whole request was read: the client could not read the answer otherwise.
type boundedConn struct {
	*net.TCPConn

	leave func()
}

// Close closes the connection.
func (c *boundedConn) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}
