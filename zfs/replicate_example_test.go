package zfs_test

import (
	"context"
	"log"
	"os"
	"os/exec"

	"github.com/purezfs/purezfs/zfs"
)

// The other end is a program that calls ReplicateReceive with its standard input
// and output. It may run on another machine.
func ExampleClient_ReplicateSend() {
	c, err := zfs.Open(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	cmd := exec.Command("ssh", "backup.example.org", "receive-replica", "backup/home")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		log.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		log.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	done, err := c.ReplicateSend(context.Background(), "tank/home@today", zfs.ReplicateConn{Reader: out, Writer: in}, nil)
	if err != nil {
		log.Print(err) // the next run resumes here
	}
	for _, s := range done.Streams {
		log.Printf("sent %s, %d bytes", s.Snapshot, s.Bytes)
	}
	if err := cmd.Wait(); err != nil {
		log.Fatal(err)
	}
}

// This is the program at the other end.
func ExampleClient_ReplicateReceive() {
	c, err := zfs.Open(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	conn := zfs.ReplicateConn{Reader: os.Stdin, Writer: os.Stdout}
	if err := c.ReplicateReceive(context.Background(), os.Args[1], conn, nil); err != nil {
		log.Fatal(err)
	}
}
