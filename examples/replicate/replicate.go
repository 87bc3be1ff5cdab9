package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/purezfs/purezfs/zfs"
)

// greetTimeout is the maximum time for the TLS handshake of a connection.
const greetTimeout = 10 * time.Second

// server receives replicas.
type server struct {
	client *zfs.Client
	parent string
	log    *log.Logger
	busy   sync.Map // targets of receives in progress
}

// listen serves at an address until the context ends.
func (s *server) listen(ctx context.Context, address string, conf *tls.Config) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return s.serve(ctx, listener, conf)
}

// serve serves a listener until the context ends, and waits for receives in
// progress.
func (s *server) serve(ctx context.Context, listener net.Listener, conf *tls.Config) error {
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		all.Go(func() {
			defer conn.Close()
			if err := s.receive(ctx, tls.Server(conn, conf)); err != nil {
				s.log.Printf("%s: %v", conn.RemoteAddr(), err)
			}
		})
	}
}

// receive receives one replica. The certificate selects its name.
func (s *server) receive(ctx context.Context, conn *tls.Conn) error {
	greet, cancel := context.WithTimeout(ctx, greetTimeout)
	defer cancel()
	if err := conn.HandshakeContext(greet); err != nil {
		return err
	}
	name, err := peerName(conn)
	if err != nil {
		return err
	}
	target, err := s.target(name)
	if err != nil {
		return err
	}
	if _, taken := s.busy.LoadOrStore(target, true); taken {
		return fmt.Errorf("%s is being replicated already", target)
	}
	defer s.busy.Delete(target)
	// Only what a backup needs is allowed: new snapshots, and discarding the partial
	// receive of another stream. Existing snapshots are kept.
	return s.client.ReplicateReceive(ctx, target, conn, &zfs.ReplicateReceiveOptions{Discard: true})
}

// target returns the name of a sender's replica, which is always a child of the
// parent.
func (s *server) target(name string) (string, error) {
	target := s.parent + "/" + name
	n, err := zfs.ParseName(target)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(name, "/%") || n.Snapshot != "" || n.Bookmark != "" {
		return "", errors.New("the certificate's name is not valid for a filesystem")
	}
	return target, nil
}

// send replicates a snapshot to a server.
func send(ctx context.Context, c *zfs.Client, address string, conf *tls.Config, snapshot string, opts *zfs.ReplicateOptions) (*zfs.Replicated, error) {
	dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: greetTimeout}, Config: conf}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return c.ReplicateSend(ctx, snapshot, conn, opts)
}
