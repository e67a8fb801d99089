package eventstore

import (
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

const (
	// streamsDir is where the server keeps the streams, below the data directory.
	streamsDir = "jetstream"
	// engineAccount holds the streams. Its name is part of the path of the files on disk.
	engineAccount = "ENGINE"
	// usersAccount is where everybody lands who connects through the listener.
	usersAccount = "USERS"

	// maxPayload bounds one message, headers included. A commit above it is refused before it is sent.
	maxPayload = 8 << 20
	// maxStore and maxMemory lift JetStream's own quota: its default refuses appends once the store
	// outgrows three quarters of the free space, long before the disk is full. The disk is the limit.
	maxStore  = 1 << 60
	maxMemory = 1 << 30
	// neverSync is the server's sync interval behind the barrier. What it syncs is on the disk already. But with
	// each of its syncs it also rewrites blocks that retention has thinned out, and puts the new file in the
	// old one's place without syncing it first (nats-server filestore.go, syncBlocks and compactWithFloor): a
	// power cut between the two would lose durable commits of other runs. So space comes back only when all
	// runs of a block are retired.
	neverSync = 100 * 365 * 24 * time.Hour
	// usersWriteDeadline is how long a listener's client may block a write before it is dropped.
	usersWriteDeadline = 3 * time.Second
)

// embedded is the NATS server inside this process.
type embedded struct {
	srv    *server.Server
	logs   *serverLog
	engine *server.Account
	users  *server.Account
	key    nkeys.KeyPair // the engine's own key, made anew for every start and never written down
	user   string
}

// startServer starts the server over dir. listen is the users' host:port, "" for none.
func startServer(dir, listen string, sync Sync, log *slog.Logger) (*embedded, error) {
	key, err := nkeys.CreateUser()
	if err != nil {
		return nil, fmt.Errorf("make the engine's key: %w", err)
	}
	user, err := key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("make the engine's key: %w", err)
	}
	opts, err := serverOptions(dir, listen, sync, user)
	if err != nil {
		return nil, err
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("prepare the NATS server: %w", err)
	}
	logs := &serverLog{log: log}
	srv.SetLoggerV2(logs, false, false, false)
	srv.Start()
	logs.started.Store(true)
	e := &embedded{srv: srv, logs: logs, key: key, user: user}
	if err := e.enableJetStream(listen); err != nil {
		e.shutdown()
		return nil, err
	}
	return e, nil
}

func (e *embedded) enableJetStream(listen string) error {
	if listen != "" && e.addr() == "" {
		return fmt.Errorf("listen for NATS clients on %s: %s", listen, e.logs.lastFatal())
	}
	if !e.srv.JetStreamEnabled() {
		return fmt.Errorf("start JetStream: %s", e.logs.lastFatal())
	}
	engine, err := e.srv.LookupAccount(engineAccount)
	if err != nil {
		return fmt.Errorf("find the engine's account: %w", err)
	}
	if err := engine.EnableJetStream(nil, nil); err != nil {
		return fmt.Errorf("recover the streams: %w", err)
	}
	e.engine = engine
	if e.users, err = e.srv.LookupAccount(usersAccount); err != nil {
		return fmt.Errorf("find the users' account: %w", err)
	}
	return nil
}

func serverOptions(dir, listen string, sync Sync, engineUser string) (*server.Options, error) {
	engine, users := server.NewAccount(engineAccount), server.NewAccount(usersAccount)
	for _, subject := range []string{eventsAll, liveAll} {
		if err := engine.AddStreamExport(subject, []*server.Account{users}); err != nil {
			return nil, fmt.Errorf("export %s: %w", subject, err)
		}
		if err := users.AddStreamImport(engine, subject, ""); err != nil {
			return nil, fmt.Errorf("import %s: %w", subject, err)
		}
	}
	opts := &server.Options{
		ServerName:             "weir",
		DontListen:             listen == "",
		NoSigs:                 true,
		NoLog:                  true,
		DisableJetStreamBanner: true,
		MaxPayload:             maxPayload,
		WriteDeadline:          usersWriteDeadline,
		// A user who does not read loses messages; the engine never waits for one.
		NoFastProducerStall: true,
		JetStream:           true,
		StoreDir:            dir,
		SyncAlways:          sync == SyncAlways,
		JetStreamMaxStore:   maxStore,
		JetStreamMaxMemory:  maxMemory,
		Accounts:            []*server.Account{engine, users},
		Nkeys: []*server.NkeyUser{{
			Nkey:                   engineUser,
			Account:                engine,
			AllowedConnectionTypes: map[string]struct{}{"IN_PROCESS": {}},
		}},
		Users: []*server.User{{
			Username:    listenerUser,
			Account:     users,
			Permissions: listenerPermissions(),
		}},
		NoAuthUser: listenerUser,
	}
	if sync == SyncBarrier {
		opts.SyncInterval = neverSync
	}
	if listen == "" {
		return opts, nil
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("the NATS address %q is not host:port, for example 127.0.0.1:4222: %w", listen, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("the NATS address %q has no port between 0 and 65535, for example 127.0.0.1:4222: %w", listen, err)
	}
	opts.Host, opts.Port = host, int(n)
	if n == 0 {
		opts.Port = server.RANDOM_PORT
	}
	return opts, nil
}

// listenerUser is who an unauthenticated client of the listener is.
const listenerUser = "users"

// listenerPermissions keep users from speaking in the engine's name. Their account already hides the
// engine's; but within it a user could publish on weir.events.… to other users, or ask one of the
// server's own services to answer on such a subject, so neither subject may be published to.
func listenerPermissions() *server.Permissions {
	return &server.Permissions{Publish: &server.SubjectPermission{
		Deny: []string{"weir.>", "$JS.>", "$SYS.>"},
	}}
}

// addr returns the listener's host:port, "" without one.
func (e *embedded) addr() string {
	if a := e.srv.Addr(); a != nil {
		return a.String()
	}
	return ""
}

// dialer makes the byte stream under a connection of the engine, usually by calling dial. Tests put
// faults between.
type dialer func(role string, dial dialFunc) (net.Conn, error)

type dialFunc func() (net.Conn, error)

// inProcess is what nats.go asks for a byte stream, at first and at every reconnect.
type inProcess struct {
	role string
	via  dialer
	dial dialFunc
}

func (p inProcess) InProcessConn() (net.Conn, error) { return p.via(p.role, p.dial) }

// connect opens a connection of the engine. It reconnects for ever and keeps nothing while it is down:
// who sends through it must know what got lost.
func (e *embedded) connect(role string, via dialer, log *slog.Logger, more ...nats.Option) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name("weir " + role),
		nats.InProcessServer(inProcess{role, via, e.srv.InProcessConn}),
		nats.Nkey(e.user, e.key.Sign),
		nats.MaxReconnects(-1),
		nats.ReconnectBufSize(-1),
		nats.CustomReconnectDelay(reconnectDelay),
		nats.SkipSubjectValidation(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("NATS connection", slog.String("role", role), slog.Any("error", err))
		}),
	}
	nc, err := nats.Connect("", append(opts, more...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to the embedded NATS server: %w", err)
	}
	return nc, nil
}

// reconnectDelay grows from 1 ms to 100 ms: the server is in this process, so it answers at once or is gone.
func reconnectDelay(attempts int) time.Duration {
	return min(time.Millisecond<<min(attempts, 7), 100*time.Millisecond)
}

// audience reports whether any user is connected; only they listen to what is published.
func (e *embedded) audience() bool { return e.users.NumLocalConnections() > 0 }

// interest reports whether anybody, in any account, would get a message published on subject.
func (e *embedded) interest(subject string) bool { return e.engine.SubscriptionInterest(subject) }

// healthTries is how often the server may claim, wrongly, that it does not accept connections.
const healthTries = 50

// healthy returns what the server itself holds against its streams: that they are gone, or that a write
// or sync failed, which a stream keeps for good. The server first asks itself whether it accepts
// connections and takes more than a millisecond for no; on a busy machine that says nothing, and as it
// hides the rest of the answer, it is asked again. A server that gave JetStream up answers only that it is not
// there; why, it has logged.
func (e *embedded) healthy() error {
	var status *server.HealthStatus
	for range healthTries {
		if !e.srv.Running() {
			return fmt.Errorf("the embedded NATS server has stopped by itself; %s", e.logs.lastComplaints())
		}
		status = e.srv.Healthz(&server.HealthzOptions{Account: engineAccount, Details: true})
		if len(status.Errors) != 1 || status.Errors[0].Type != server.HealthzErrorConn {
			break
		}
		runtime.Gosched()
	}
	if len(status.Errors) == 0 {
		return nil
	}
	problem := status.Errors[0]
	if problem.Type == server.HealthzErrorJetStream || problem.Type == server.HealthzErrorAccount {
		return fmt.Errorf("the embedded NATS server has shut JetStream down by itself; %s", e.logs.lastComplaints())
	}
	return fmt.Errorf("the embedded NATS server is not healthy: %s", problem.Error)
}

func (e *embedded) shutdown() {
	e.srv.Shutdown()
	e.srv.WaitForShutdown()
	e.key.Wipe()
}
