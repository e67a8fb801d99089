package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// syncedBytes is how much is written before each sync of the disk: less than a page, as a small commit is.
const syncedBytes = 512

// syncRate is how often a second a file can be written and brought to the disk, one write after the other.
func syncRate(ctx context.Context, path string, duration time.Duration) (rate float64, err error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data := make([]byte, syncedBytes)
	d := drive(ctx, 1, 0, duration, func(int) error {
		if _, err := file.Write(data); err != nil {
			return err
		}
		return syncData(file)
	})
	return float64(len(d.took)) / d.elapsed.Seconds(), d.err
}

const (
	limitStream    = "LIMIT"
	limitPayload   = 8 << 20 // bytes of one message, as weir's own server allows
	limitStarting  = 30 * time.Second
	neverSync      = 24 * time.Hour
	headerExpected = "Nats-Expected-Last-Subject-Sequence"
)

// jetStreamRate is how many of the same commits a second a JetStream in this process takes whose files nobody syncs:
// as many publishers, each with one message on its way, which names the sequence of its last one as weir's do.
func jetStreamRate(ctx context.Context, dir string, publishers int, duration time.Duration) (rate float64, err error) {
	srv, err := natsserver.NewServer(&natsserver.Options{
		ServerName: "limit", DontListen: true, NoSigs: true, NoLog: true, DisableJetStreamBanner: true, MaxPayload: limitPayload,
		JetStream: true, StoreDir: dir, SyncInterval: neverSync,
	})
	if err != nil {
		return 0, fmt.Errorf("prepare a NATS server: %w", err)
	}
	srv.Start()
	defer func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	}()
	if !srv.ReadyForConnections(limitStarting) {
		return 0, fmt.Errorf("a NATS server is not ready after %s", limitStarting)
	}
	conn, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	stream, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(publishers))
	if err != nil {
		return 0, err
	}
	if _, err := stream.CreateStream(ctx, jetstream.StreamConfig{Name: limitStream, Subjects: []string{"limit.>"}, Storage: jetstream.FileStorage}); err != nil {
		return 0, err
	}
	authors := make([]*author, publishers)
	for i := range authors {
		authors[i] = &author{run: runID(i)}
	}
	one := func(a *author) error { return publish(ctx, stream, a) }
	if warm := appendAll(ctx, authors, duration/10, one); warm.err != nil {
		return 0, warm.err
	}
	d := appendAll(ctx, authors, duration, one)
	return float64(len(d.took)) / d.elapsed.Seconds(), d.err
}

// publish stores an author's next commit as a message.
func publish(ctx context.Context, stream jetstream.JetStream, a *author) error {
	sealed := a.seal()
	message := &nats.Msg{Subject: "limit." + a.run, Data: sealed.Data, Header: nats.Header{
		headerExpected: {strconv.FormatUint(a.sequence, 10)},
	}}
	future, err := stream.PublishMsgAsync(message)
	if err != nil {
		return err
	}
	select {
	case ack := <-future.Ok():
		a.moved(sealed, ack.Sequence)
		return nil
	case err := <-future.Err():
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
