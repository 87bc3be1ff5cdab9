package image

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed recipe
var recipe embed.FS

// packFormat is part of an image's identity. It goes up when pack.go changes
// what it puts into an image.
const packFormat = 1

// A Release is one line of OpenZFS that an image is built for.
type Release struct {
	Name  string `json:"name"`  // what users say: 2.4
	Suite string `json:"suite"` // Debian release of the chroot and of the kernel
	// Target is the suite of ZFS, Suite itself or its backports.
	Target string `json:"target"`
	// Arch is the machine, "" for amd64.
	Arch string `json:"arch,omitempty"`
}

// Releases lists what can be built, oldest first, and then other machines.
func Releases() []Release {
	return []Release{
		// Updates and security of this suite break the build of its headers.
		{Name: "2.0", Suite: "bullseye", Target: "bullseye"},
		{Name: "2.1", Suite: "bookworm", Target: "bookworm"},
		{Name: "2.3.2", Suite: "bookworm", Target: "bookworm-backports"},
		{Name: "2.3", Suite: "trixie", Target: "trixie"},
		{Name: "2.4", Suite: "trixie", Target: "trixie-backports"},
		// The newest kernel that Debian has, for which ZFS may not build on some day.
		{Name: "2.4-sid", Suite: "sid", Target: "sid"},
		{Name: "arm64", Suite: "trixie", Target: "trixie", Arch: "arm64"},
		{Name: "s390x", Suite: "bookworm", Target: "bookworm-backports", Arch: "s390x"},
	}
}

// Names returns the names of all releases.
func Names() []string {
	var names []string
	for _, r := range Releases() {
		names = append(names, r.Name)
	}
	return names
}

// ErrNoRelease is wrapped when an image's name is unknown.
var ErrNoRelease = errors.New("unknown image")

// FindRelease returns the release of that name. The error wraps ErrNoRelease.
func FindRelease(name string) (Release, error) {
	for _, r := range Releases() {
		if r.Name == name {
			return r, nil
		}
	}
	return Release{}, fmt.Errorf("%w %q: one of %s", ErrNoRelease, name, strings.Join(Names(), ", "))
}

// Where the modules are in a guest, and the order to load them in.
const (
	GuestModules = "/usr/lib/zvm/modules"
	GuestOrder   = GuestModules + "/order"
)

// ID is the release's name with a hash of all that decides what is in the image.
// Package mirrors are no part of it.
func (r Release) ID() string {
	return r.hash("collect.sh", fmt.Sprint(packFormat, r.Machine().modules, r.workID()))
}

// workID is likewise for what is compiled. It leaves out what comes after, so
// that a kept work directory serves an image that is only packed differently.
func (r Release) workID() string {
	return r.hash("packages.sh", "") + r.hash("modules.sh", "")[len(r.Name):]
}

// hash returns the name, a dash and a hash of the release, a script and more.
func (r Release) hash(script, more string) string {
	text, err := recipe.ReadFile(r.Machine().script(script))
	if err != nil {
		// The files are part of the program.
		panic(err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s", r.identity(), more, text)
	return r.Name + "-" + hex.EncodeToString(h.Sum(nil))[:hashDigits]
}

// identity is the release in words. It says nothing of the machine for amd64, like
// the images that were built before there were others.
func (r Release) identity() string {
	machine := ""
	if env := r.Machine().env(); env != nil {
		machine = " " + strings.Join(env, " ")
	}
	return fmt.Sprintf("{Name:%s Suite:%s Target:%s%s}", r.Name, r.Suite, r.Target, machine)
}

// ownPattern matches the names that begin with the release's name, a dash and a hash,
// after a prefix. The name of another release may begin with this one's and a dash.
func (r Release) ownPattern(prefix string) string {
	return prefix + r.Name + "-" + strings.Repeat("[0-9a-f]", hashDigits) + "*"
}

// hashDigits is the length of a hash in the name of an image.
const hashDigits = 10

// A Manifest is kept beside an image's files.
type Manifest struct {
	Release Release `json:"release"`
	Kernel  string  `json:"kernel"` // as uname -r says
	ZFS     string  `json:"zfs"`    // release of the modules: 2.4.4
	Package string  `json:"package"`
	// BuildSeconds is the time that the last, uninterrupted part took.
	BuildSeconds int `json:"build_seconds"`
}

// A Cache is the directory that images are kept in. The zero value is not usable.
type Cache struct{ Dir string }

// DefaultCache is purezfs/images below the user's cache directory, that is
// $XDG_CACHE_HOME or else ~/.cache. It creates nothing.
func DefaultCache() (Cache, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return Cache{}, err
	}
	return Cache{Dir: filepath.Join(dir, "purezfs", "images")}, nil
}

// An Image is a built one.
type Image struct {
	Manifest
	Dir  string // holds the files
	Size int64  // bytes
}

// KernelPath is the path of the kernel.
func (i *Image) KernelPath() string { return filepath.Join(i.Dir, kernelFile) }

// BasePath is the path of the compressed initramfs.
func (i *Image) BasePath() string { return filepath.Join(i.Dir, baseFile) }

const (
	kernelFile   = "vmlinuz"
	baseFile     = "base.cpio.zst"
	manifestFile = "manifest.json"
)

// ErrNotBuilt is wrapped when an image is not in the cache.
var ErrNotBuilt = errors.New("image is not built")

// Find returns the cached image of a release. The error wraps ErrNotBuilt when
// there is none of the present recipe.
func (c Cache) Find(r Release) (*Image, error) {
	dir := filepath.Join(c.Dir, r.ID())
	data, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: run zvm build %s", ErrNotBuilt, r.Name)
	}
	if err != nil {
		return nil, err
	}
	img := &Image{Dir: dir}
	if err := json.Unmarshal(data, &img.Manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		img.Size += info.Size()
	}
	return img, nil
}
