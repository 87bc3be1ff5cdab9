package zfs_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/purezfs/purezfs/zfs"
)

// A transfer between two pools, that can be resumed if it is interrupted.
func ExampleClient_Receive() {
	copySnapshot := func(ctx context.Context, c *zfs.Client) error {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		defer r.Close()
		sent := make(chan error, 1)
		go func() {
			err := c.Send(ctx, "tank/home@tuesday", w, &zfs.SendOptions{From: "@monday", Compressed: true})
			sent <- errors.Join(err, w.Close())
		}()
		got, err := c.Receive(ctx, "backup/home", r, &zfs.ReceiveOptions{Resumable: true})
		var part *zfs.PartialError
		switch {
		case errors.As(err, &part):
			fmt.Println("go on with SendResume from", part.Token)
		case err == nil:
			fmt.Println(got.Snapshot, "has", got.Bytes, "bytes")
		}
		r.Close() // a sender that is still at work ends
		return errors.Join(err, <-sent)
	}
	c, err := zfs.Open(nil)
	if err != nil {
		return // no ZFS here
	}
	defer c.Close()
	if err := copySnapshot(context.Background(), c); err != nil {
		fmt.Println(err)
	}
}
