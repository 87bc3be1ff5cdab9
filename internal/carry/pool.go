package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
)

// carriedPool is what a pool holds that was exported on one machine and is imported
// on another.
type carriedPool struct {
	GUID      uint64
	Snapshots map[string]uint64
	Props     string
	File      []byte
}

// poolMakers are who makes a pool; the other one imports it.
func poolMakers() []string { return []string{"ours", "theirs"} }

// makePools makes a pool in our way and one in zpool's, fills and exports them. Their
// devices are left in dir, with what they hold.
func makePools(ctx context.Context, c *zfs.Client, dir string) error {
	for _, maker := range poolMakers() {
		home := filepath.Join(dir, "pool."+maker)
		if err := os.MkdirAll(home, 0o755); err != nil {
			return err
		}
		p, err := makePool(ctx, c, maker, home)
		if err != nil {
			return fmt.Errorf("pool of %s: %w", maker, err)
		}
		b, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(home, "manifest"), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// makePool makes one of them, of features that every release has.
func makePool(ctx context.Context, c *zfs.Client, maker, home string) (*carriedPool, error) {
	disk := filepath.Join(home, "disk")
	if err := emptyFile(disk, 64<<20); err != nil {
		return nil, err
	}
	pool := "carry" + maker
	if err := createPool(ctx, c, maker, pool, disk); err != nil {
		return nil, err
	}
	p := &carriedPool{File: bytes.Repeat([]byte("the same in both byte orders\n"), 3000)}
	if err := zfsCommands("zfs create -o mountpoint=/tmp/" + pool + " -o quota=20M -o a:b=c -o compression=lz4 " + pool + "/fs"); err != nil {
		return nil, err
	}
	if err := os.WriteFile("/tmp/"+pool+"/file", p.File, 0o644); err != nil {
		return nil, err
	}
	if err := zfsCommands("zfs snapshot " + pool + "/fs@1\nzfs clone -o mountpoint=none " + pool + "/fs@1 " + pool + "/clone\n" +
		"zfs create -V 8M " + pool + "/volume\nzfs hold kept " + pool + "/fs@1\nzfs set org.example:of=snapshot " + pool + "/fs@1\n"); err != nil {
		return nil, err
	}
	var err error
	if p.Props, err = props(pool, "local"); err != nil {
		return nil, err
	}
	if p.Snapshots, err = snapshotGUIDs(ctx, c, pool); err != nil {
		return nil, err
	}
	s, err := c.PoolStatus(ctx, pool, nil)
	if err != nil {
		return nil, err
	}
	p.GUID = s.GUID
	if err := zfsCommands("zfs unmount " + pool + "/fs"); err != nil {
		return nil, err
	}
	if maker == "ours" {
		return p, c.PoolExport(ctx, pool, nil)
	}
	return p, zfsCommands("zpool export " + pool)
}

// emptyFile makes a sparse file.
func emptyFile(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Close())
}

// createPool makes the pool itself. Releases before 2.1 know no sets of features, and
// have none that another lacks.
func createPool(ctx context.Context, c *zfs.Client, maker, pool, disk string) error {
	if maker == "ours" {
		layout, err := zfs.ParseLayout([]string{disk})
		if err != nil {
			return err
		}
		return c.PoolCreate(ctx, pool, layout, &zfs.PoolCreateOptions{
			RootProps: prop.Values{prop.Mountpoint: prop.String("none")}, Features: []string{"lz4_compress", "bookmarks", "large_blocks"},
		})
	}
	set := "-o compatibility=openzfs-2.0-linux "
	if _, err := os.Stat("/usr/share/zfs/compatibility.d/openzfs-2.0-linux"); err != nil {
		set = ""
	}
	return zfsCommands("zpool create " + set + "-O mountpoint=none " + pool + " " + disk)
}

// snapshotGUIDs are the GUIDs of the snapshots below a dataset, by the rest of their
// names.
func snapshotGUIDs(ctx context.Context, c *zfs.Client, root string) (map[string]uint64, error) {
	found := make(map[string]uint64)
	for ds, err := range c.Snapshots(ctx, root, &zfs.SnapshotsOptions{Recursive: true}) {
		if err != nil {
			return nil, err
		}
		found[strings.TrimPrefix(ds.Name, root)] = ds.GUID
	}
	return found, nil
}

// importPools imports the pools of one sender, writes to them, exports them and
// imports them again in the way of the maker.
func importPools(ctx context.Context, c *zfs.Client, dir string) error {
	for _, maker := range poolMakers() {
		home := filepath.Join(dir, "pool."+maker)
		b, err := os.ReadFile(filepath.Join(home, "manifest"))
		if err != nil {
			return err
		}
		var p carriedPool
		if err := json.Unmarshal(b, &p); err != nil {
			return err
		}
		pool := "carry" + maker
		for i, ours := range []bool{maker == "theirs", maker == "ours"} {
			if err := importPool(ctx, c, pool, home, ours); err != nil {
				return fmt.Errorf("%s: import by us (%t): %w", home, ours, err)
			}
			if err := checkPool(ctx, c, pool, &p, i); err != nil {
				return fmt.Errorf("%s: imported by us (%t): %w", home, ours, err)
			}
			if err := c.PoolExport(ctx, pool, nil); err != nil {
				return fmt.Errorf("%s: %w", home, err)
			}
		}
		fmt.Println("imported", filepath.Base(dir)+"/"+filepath.Base(home))
	}
	return nil
}

// importPool imports a pool from the directory with its device.
func importPool(ctx context.Context, c *zfs.Client, pool, home string, ours bool) error {
	if !ours {
		return zfsCommands("zpool import -N -d " + home + " " + pool)
	}
	_, err := c.PoolImport(ctx, pool, &zfs.PoolImportOptions{Search: &zfs.PoolSearch{Places: []string{home}}})
	return err
}

// checkPool compares an imported pool with what was exported, writes to it, and reads
// all of it.
func checkPool(ctx context.Context, c *zfs.Client, pool string, p *carriedPool, visit int) error {
	s, err := c.PoolStatus(ctx, pool, nil)
	if err != nil {
		return err
	}
	if s.GUID != p.GUID || s.Health != "ONLINE" {
		return fmt.Errorf("the pool has the GUID %d and is %s, want %d", s.GUID, s.Health, p.GUID)
	}
	set, err := props(pool, "local")
	if err != nil || set != p.Props {
		return fmt.Errorf("what is set is now (%v)\n%s\nwant\n%s", err, set, p.Props)
	}
	found, err := snapshotGUIDs(ctx, c, pool)
	if err != nil {
		return err
	}
	for name, guid := range p.Snapshots {
		if found[name] != guid {
			return fmt.Errorf("%s has the GUID %d, want %d", name, found[name], guid)
		}
	}
	if len(found) != len(p.Snapshots)+visit {
		return fmt.Errorf("%d snapshots are here, want %d", len(found), len(p.Snapshots)+visit)
	}
	if err := checkFile(ctx, c, pool, p, visit); err != nil {
		return err
	}
	if err := c.SnapshotCreate(ctx, []string{fmt.Sprintf("%s/fs@visit%d", pool, visit)}, nil); err != nil {
		return err
	}
	return checkScrub(ctx, c, pool)
}

// checkFile compares the file, and leaves another one, which the next visit finds.
func checkFile(ctx context.Context, c *zfs.Client, pool string, p *carriedPool, visit int) error {
	path, err := c.DatasetMount(ctx, pool+"/fs", &zfs.DatasetMountOptions{Path: "/tmp/" + pool})
	if err != nil {
		return err
	}
	defer exec.Command("umount", path).Run()
	names := []string{"file"}
	for i := range visit {
		names = append(names, fmt.Sprint("visit", i))
	}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(path, name))
		if err != nil {
			return err
		}
		if !bytes.Equal(b, p.File) {
			return fmt.Errorf("%s has changed", name)
		}
	}
	return os.WriteFile(filepath.Join(path, fmt.Sprint("visit", visit)), p.File, 0o644)
}

// checkScrub reads every block of the pool.
func checkScrub(ctx context.Context, c *zfs.Client, pool string) error {
	if err := c.PoolScrub(ctx, pool, nil); err != nil {
		return err
	}
	if _, err := c.PoolWait(ctx, pool, zfs.ActivityScrub, nil); err != nil {
		return err
	}
	s, err := c.PoolStatus(ctx, pool, nil)
	if err != nil {
		return err
	}
	if s.Scan == nil || s.Scan.Errors != 0 || s.ErrorCount != 0 {
		return fmt.Errorf("the scrub found errors: %+v, %d files", s.Scan, s.ErrorCount)
	}
	return nil
}
