// Replicate sends snapshots to another machine, over TLS with certificates of both
// sides. It needs no shell account and no ssh.
//
//	replicate serve -listen :8443 -parent backup/hosts -ca ca.pem -cert backup.pem -key backup.key
//	replicate send -to backup.example.org:8443 -snapshot tank/home@today -ca ca.pem -cert alice.pem -key alice.key
//
// The name in the certificate of a sender selects its target: the holder of a
// certificate for "alice" can replicate only to backup/hosts/alice. After any error,
// run send again: it resumes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/purezfs/purezfs/zfs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "replicate:", err)
		os.Exit(1)
	}
}

// errUsage means that the arguments are not a command.
var errUsage = errors.New("usage: replicate serve|send [flags]; -h lists the flags")

// run runs one of the two commands.
func run(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "serve" && args[0] != "send" {
		return errUsage
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	var files certFiles
	flags.StringVar(&files.ca, "ca", "", "file with the certificate of the authority that signed both sides' certificates")
	flags.StringVar(&files.cert, "cert", "", "file with the certificate of this side")
	flags.StringVar(&files.key, "key", "", "file with the key of this side")
	listen := flags.String("listen", ":8443", "serve: address to listen at")
	parent := flags.String("parent", "", "serve: filesystem whose children are the replicas")
	to := flags.String("to", "", "send: address of the server")
	snapshot := flags.String("snapshot", "", "send: snapshot to replicate")
	raw := flags.Bool("raw", false, "send: send encrypted blocks without decryption; the server needs no key")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	conf, err := files.load()
	if err != nil {
		return err
	}
	c, err := zfs.Open(nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if args[0] == "serve" {
		s := &server{client: c, parent: *parent, log: log.Default()}
		return s.listen(ctx, *listen, conf)
	}
	done, err := send(ctx, c, *to, conf, *snapshot, &zfs.ReplicateOptions{Intermediates: true, Compressed: true, Raw: *raw})
	if done != nil {
		for _, s := range done.Streams {
			log.Printf("sent %s, %d bytes", s.Snapshot, s.Bytes)
		}
	}
	return err
}
