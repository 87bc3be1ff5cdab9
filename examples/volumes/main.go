// Volumes is a small volume service: it manages the volumes below one filesystem,
// over HTTP on a unix socket, for every process that may open the socket.
//
//	volumes -parent tank/volumes -socket /run/volumes.sock
//
//	alias call='curl -s --unix-socket /run/volumes.sock'
//	call -X POST localhost/volumes/db -d '{"size": 1073741824}'
//	call -X POST localhost/volumes/db/snapshots/monday
//	call -X POST localhost/volumes/test -d '{"from": "db@monday"}'
//	call -X POST localhost/volumes/db/snapshots/monday/rollback
//	call -X DELETE localhost/volumes/db?snapshots=1
//	call localhost/volumes
//
// A volume without a size is a filesystem. With "copy" it shares no blocks with
// its source, with "readonly" it is read-only. Volumes and snapshots can be
// destroyed in any order: one that others depend on is hidden until they are
// destroyed, and the answer reports that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/volumes"
)

func main() {
	parent := flag.String("parent", "", "filesystem whose children are the volumes")
	socket := flag.String("socket", "volumes.sock", "path of the socket")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *parent, *socket); err != nil {
		fmt.Fprintln(os.Stderr, "volumes:", err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, parent, socket string) error {
	c, err := zfs.Open(nil)
	if err != nil {
		return err
	}
	defer c.Close()
	volumes, err := volumes.Open(ctx, c, parent)
	if err != nil {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	return serve(ctx, listener, volumes)
}

// serve answers on a listener until the context ends, and then finishes the
// requests in progress.
func serve(ctx context.Context, listener net.Listener, volumes *volumes.Service) error {
	server := &http.Server{Handler: handler(volumes), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() {
		_ = server.Shutdown(context.WithoutCancel(ctx)) // Serve returns the result
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
