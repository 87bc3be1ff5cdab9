package main

import (
	"crypto/tls"
	"errors"
	"log"
	"testing"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/zfstest"
)

// A snapshot arrives where its sender's certificate says, and nowhere else.
func TestKernelReplicateTLS(t *testing.T) {
	c := zfstest.Kernel(t)
	pool := zfstest.Pool(t, nil)
	for _, name := range []string{"/src", "/hosts"} {
		if err := c.DatasetCreate(t.Context(), pool+name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SnapshotCreate(t.Context(), []string{pool + "/src@a"}, nil); err != nil {
		t.Fatal(err)
	}
	a := newAuthority(t)
	text := &logged{}
	address := start(t, &server{client: c, parent: pool + "/hosts", log: log.New(text, "", 0)}, a.config("server", "server"))
	replicate := func(conf *tls.Config) error {
		_, err := send(t.Context(), c, address, conf, pool+"/src@a", nil)
		return err
	}
	if err := replicate(a.config("alice", "alice")); err != nil {
		t.Fatalf("%v; %s", err, text)
	}
	there, err := c.DatasetExists(t.Context(), pool+"/hosts/alice@a")
	if err != nil || !there {
		t.Errorf("the replica exists: %v, %v", there, err)
	}
	if err := replicate(newAuthority(t).config("alice", "alice")); err == nil {
		t.Error("a certificate of another authority was accepted")
	}
	if err := replicate(a.config("evil", "..")); err == nil || errors.Is(err, zfs.ErrRefused) {
		t.Errorf("a name that is not one: %v", err)
	}
}
