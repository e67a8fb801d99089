package bench

import (
	"context"
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

// writeSynced writes a little to a file and brings it to the disk.
func writeSynced(file *os.File) error {
	if _, err := file.Write(make([]byte, syncedBytes)); err != nil {
		return err
	}
	return syncData(file)
}

const (
	limitStream   = "LIMIT"
	limitPayload  = 8 << 20 // bytes of one message, as weir's own server allows
	limitStarting = 30 * time.Second
	neverSync     = 24 * time.Hour
)

// jetStream is a JetStream in this process whose files nobody syncs.
type jetStream struct {
	server *natsserver.Server
	conn   *nats.Conn
	stream jetstream.JetStream
}

// openJetStream opens one for so many publishers, each with one message on its way.
func openJetStream(ctx context.Context, dir string, publishers int) (*jetStream, error) {
	server, err := natsserver.NewServer(&natsserver.Options{
		ServerName: "limit", DontListen: true, NoSigs: true, NoLog: true, DisableJetStreamBanner: true, MaxPayload: limitPayload,
		JetStream: true, StoreDir: dir, SyncInterval: neverSync,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare a NATS server: %w", err)
	}
	server.Start()
	s := &jetStream{server: server}
	if err := s.connect(ctx, publishers); err != nil {
		s.close()
		return nil, fmt.Errorf("open a JetStream: %w", err)
	}
	return s, nil
}

func (s *jetStream) connect(ctx context.Context, publishers int) (err error) {
	if !s.server.ReadyForConnections(limitStarting) {
		return fmt.Errorf("it is not ready after %s", limitStarting)
	}
	if s.conn, err = nats.Connect("", nats.InProcessServer(s.server)); err != nil {
		return err
	}
	if s.stream, err = jetstream.New(s.conn, jetstream.WithPublishAsyncMaxPending(publishers)); err != nil {
		return err
	}
	_, err = s.stream.CreateStream(ctx, jetstream.StreamConfig{Name: limitStream, Subjects: []string{"limit.>"}, Storage: jetstream.FileStorage})
	return err
}

func (s *jetStream) close() {
	if s.conn != nil {
		s.conn.Close()
	}
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

// publish stores an author's next commit as a message, which names the sequence of the last one as weir's do.
func (s *jetStream) publish(ctx context.Context, a *author) error {
	sealed := a.seal()
	message := &nats.Msg{Subject: "limit." + a.run, Data: sealed.Data, Header: nats.Header{
		jetstream.ExpectedLastSubjSeqHeader: {strconv.FormatUint(a.sequence, 10)},
	}}
	future, err := s.stream.PublishMsgAsync(message)
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
