package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// workParent is the directory of the work directories. A user's home may be closed to
// the subordinate numbers that own a chroot's files, so that ordinary users
// build below /var/tmp, in a directory that is theirs.
func (c Cache) workParent() (string, error) {
	uid := os.Geteuid()
	if uid == 0 {
		dir := filepath.Join(c.Dir, "work")
		return dir, os.MkdirAll(dir, 0o755)
	}
	sum := sha256.Sum256([]byte(c.Dir))
	dir := filepath.Join("/var/tmp", "purezfs-"+strconv.Itoa(uid)+"-"+hex.EncodeToString(sum[:4]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() || !ownedBy(info, uid) {
		return "", fmt.Errorf("%s belongs to somebody else", dir)
	}
	return dir, nil
}

// Clean removes the images, layers, logs and work directories of recipes that are
// out of date, or with all everything. It returns what it removed. What belongs
// to an image that is being built right now is left alone.
func (c Cache) Clean(all bool) ([]string, error) {
	var removed []string
	for _, r := range Releases() {
		paths, err := c.cleanRelease(r, all)
		removed = append(removed, paths...)
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// cleanRelease is Clean for one release, under that image's lock.
func (c Cache) cleanRelease(r Release, all bool) ([]string, error) {
	lock := filepath.Join(c.Dir, r.Name+".lock")
	if _, err := os.Stat(lock); err != nil {
		// Nothing of this release was ever built here.
		return nil, nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// Whoever would have to wait does not clean.
	unlock, err := lockFile(ctx, lock, cancel)
	if errors.Is(err, context.Canceled) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer unlock()
	parent, err := c.workParent()
	if err != nil {
		return nil, err
	}
	var stale, removed []string
	for _, pattern := range []string{
		filepath.Join(c.Dir, r.ownPattern("")), filepath.Join(c.Dir, r.ownPattern("nvref-")),
		filepath.Join(c.Dir, r.ownPattern("new-")), filepath.Join(parent, r.ownPattern("")),
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		stale = append(stale, found...)
	}
	if all {
		stale = append(stale, c.LogPath(r))
	}
	w := &work{Builder: &Builder{Cache: c}}
	for _, path := range stale {
		name := filepath.Base(path)
		if !all && (strings.Contains(name, r.ID()) || name == r.workID()) {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if err := w.remove(path); err != nil {
			return removed, err
		}
		removed = append(removed, path)
	}
	return removed, nil
}
