package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/prop"
)

// The commands of CHANGE_KEY.
const (
	cryptNewKey  = 2
	cryptInherit = 3
)

// The numbers of the property encryption that are not ciphers.
const (
	cipherInherit = 0
	cipherOn      = 1
	cipherOff     = 2
)

// NewKey is a user's key. It wraps the master key of a dataset.
//
// The method that it is passed to zeroes Key before it returns, on success and on
// failure. The library that derives the wrapping key of a passphrase makes copies
// that cannot be zeroed; for the other formats no copy remains.
type NewKey struct {
	// Key in its format.
	Key []byte
	// Format of the key. For KeyChange, zero keeps the format of an encryption
	// root.
	Format KeyFormat
	// Iterations is the number of PBKDF2 iterations for a passphrase, at least
	// 100000; zero is 350000. It must be zero for the other formats.
	Iterations uint64
	// Location is where zfs(8) looks for the key: "prompt", "file:///PATH" and,
	// since 2.1.3, "https://ADDRESS". Empty means "prompt", or for KeyChange the
	// present location of an encryption root. It is only stored, and no key is
	// read from it: see ReadKey and KeyLoadFrom.
	Location string
}

// wipe zeroes the key.
func (k *NewKey) wipe() {
	if k != nil {
		clear(k.Key)
	}
}

// props checks the key, derives the wrapping key, and adds the key's properties
// to list. The caller clears the wrapping key.
func (k *NewKey) props(list *nvlist.List, rel ioctl.Release) (wrapping []byte, err error) {
	p := keyParams{format: k.Format}
	switch {
	case k.Format == KeyPassphrase:
		p.salt, p.iters = newSalt(), k.Iterations
		if p.iters == 0 {
			p.iters = itersDefault
		}
		if p.iters < prop.MinPBKDF2Iters {
			return nil, fmt.Errorf("%w: %d iterations, want at least %d", ErrInvalidKey, p.iters, prop.MinPBKDF2Iters)
		}
	case k.Iterations != 0:
		return nil, fmt.Errorf("%w: iterations are for a passphrase, the format is %s", ErrInvalidKey, k.Format)
	}
	if err := p.checkNew(k.Key); err != nil {
		return nil, err
	}
	if k.Location != "" {
		v, err := prop.Parse(prop.KeyLocation, k.Location, rel)
		if err == nil && v.String() == "none" {
			err = fmt.Errorf("%s: none is for what has no key", prop.KeyLocation)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalidProp, err)
		}
		list.SetString(string(prop.KeyLocation), k.Location)
	}
	list.SetUint64(string(prop.KeyFormat), uint64(p.format))
	if p.format == KeyPassphrase {
		list.SetUint64(string(prop.PBKDF2Iters), p.iters)
		list.SetUint64(string(prop.PBKDF2Salt), p.salt)
	}
	return p.derive(k.Key)
}

// addKey adds the key and its properties to the kernel's input for a new dataset.
// The caller clears the wrapping key, which is nil without a key.
func (c *Client) addKey(in *nvlist.List, opts *DatasetCreateOptions) (wrapping []byte, err error) {
	if opts.Key == nil {
		return nil, nil
	}
	for _, property := range [...]prop.Prop{prop.KeyFormat, prop.KeyLocation, prop.PBKDF2Iters, prop.PBKDF2Salt} {
		if _, ok := opts.Props[property]; ok {
			return nil, fmt.Errorf("%w: %s belongs to the key, not to the properties", ErrInvalidProp, property)
		}
	}
	props, _ := in.List("props")
	cipher, ok := props.Uint64(string(prop.Encryption))
	switch {
	case !ok:
		props.SetUint64(string(prop.Encryption), cipherOn)
	case cipher == cipherOff:
		return nil, fmt.Errorf("%w: %s is off, and there is a key", ErrInvalidProp, prop.Encryption)
	}
	k := *opts.Key
	if k.Location == "" {
		k.Location = "prompt"
	}
	return k.props(props, c.release)
}

// lacksKey says which key is missing if a dataset without a key of its own is to be
// encrypted, or which property is for encrypted datasets only: props are the
// kernel's, parent is empty for the root of a pool. It is empty if all is well. The
// rules are those of zfs(8).
func lacksKey(props *nvlist.List, parent string, parentEncrypted bool) string {
	cipher, ok := props.Uint64(string(prop.Encryption))
	format, _ := props.Uint64(string(prop.KeyFormat))
	iters, _ := props.Uint64(string(prop.PBKDF2Iters))
	location, located := props.Text(string(prop.KeyLocation))
	const off = "%s is set, and encryption is off"
	switch encrypted := ok && cipher != cipherOff || !ok && parentEncrypted; {
	case !encrypted && format != 0:
		return fmt.Sprintf(off, prop.KeyFormat)
	case !encrypted && located && location != "none":
		return fmt.Sprintf(off, prop.KeyLocation)
	case !encrypted && iters != 0:
		return fmt.Sprintf(off, prop.PBKDF2Iters)
	case !encrypted:
		return ""
	case format != 0:
		return fmt.Sprintf("%s is set, and no key is given", prop.KeyFormat)
	case located:
		return fmt.Sprintf("%s is set, and no key is given", prop.KeyLocation)
	case parentEncrypted:
		return ""
	case parent == "":
		return "encryption is on, and no key is given"
	}
	return fmt.Sprintf("encryption is on, no key is given, and %s, the parent, is not encrypted", parent)
}

// checkKeyless refuses properties of a key for a new dataset that gets none. The
// kernel ignores some of them. What the parent is decides, or with parents the
// nearest ancestor that exists; one that cannot be read is left to the kernel.
func (c *Client) checkKeyless(ctx context.Context, n Name, props *nvlist.List, parents bool) error {
	if !props.Has(string(prop.KeyFormat)) && !props.Has(string(prop.KeyLocation)) && !props.Has(string(prop.PBKDF2Iters)) {
		return nil
	}
	for n.Parent() != "" {
		n = Name{Pool: n.Pool, Dataset: n.Parent()}
		ds, err := c.DatasetStats(ctx, n.Dataset, nil)
		if parents && errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil
		}
		if why := lacksKey(props, n.Dataset, stateOf(ds).encrypted); why != "" {
			if disabled := c.disabledFeatures(ctx, n.Pool, []string{"encryption"}); len(disabled) > 0 {
				return because(ErrFeatureDisabled, "%v: pool %q has not enabled %s", ErrFeatureDisabled, n.Pool, disabled[0])
			}
			return because(ErrInvalidProp, "%v: %s", ErrInvalidProp, why)
		}
		return nil
	}
	return nil
}

// explainKey says that a new dataset lacks a key, if that was read.
func (c *Client) explainKey(ctx context.Context, err error, name string, props *nvlist.List) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeInval || len(e.Items) > 0 {
		return err
	}
	n, perr := ParseName(name)
	parent := Name{Dataset: n.Dataset}.Parent()
	if perr != nil || parent == "" {
		return err
	}
	ds, perr := c.DatasetStats(ctx, parent, nil)
	if perr != nil {
		return err
	}
	if why := lacksKey(props, parent, stateOf(ds).encrypted); why != "" {
		e.kind, e.Hint = ErrInvalidProp, why
	}
	return err
}

// callListKey is callList with a wrapping key, or nil.
func (c *Client) callListKey(ctx context.Context, op ioctl.Op, name string, in *nvlist.List, key []byte) error {
	if key == nil {
		_, err := c.callList(ctx, op, name, in)
		return err
	}
	out, err := c.dev.CallListKey(ctx, op, name, ioctl.KeyInput{List: in, Key: key})
	return c.explainUnsupported(ctx, c.failed(ctx, op, name, err, out), in)
}

// encryption holds what is known about a dataset's key.
type encryption struct {
	root   string // the dataset with the key, empty if not encrypted
	params keyParams
	loaded bool
	clone  bool
	// location is the property keylocation.
	location string
}

// encryptionOf reads the encryption of a dataset.
func (c *Client) encryptionOf(ctx context.Context, name string) (encryption, error) {
	cmd := c.dev.Cmd()
	defer cmd.Release()
	ds, err := c.datasetStats(ctx, cmd, name)
	if err != nil {
		return encryption{}, err
	}
	p := ds.Props
	if cipher := p.Uint64(prop.Encryption); cipher == cipherInherit || cipher == cipherOff {
		return encryption{}, nil
	}
	const available = 2
	return encryption{
		root: p.Value(prop.EncryptionRoot).String(),
		params: keyParams{
			format: KeyFormat(p.Uint64(prop.KeyFormat)), salt: p.Uint64(prop.PBKDF2Salt), iters: p.Uint64(prop.PBKDF2Iters),
		},
		loaded:   p.Uint64(prop.KeyStatus) == available,
		clone:    ds.Origin != "",
		location: p.Value(prop.KeyLocation).String(),
	}, nil
}

// encryptionRoot reads the encryption of a dataset that must be an encryption
// root.
func (c *Client) encryptionRoot(ctx context.Context, op ioctl.Op, name string) (encryption, error) {
	if _, err := parseHead(name); err != nil {
		return encryption{}, inputError(op, name, err)
	}
	e, err := c.encryptionOf(ctx, name)
	switch {
	case err != nil:
		return e, err
	case e.root == "":
		return e, inputError(op, name, ErrNotEncrypted)
	case e.root != name:
		return e, inputError(op, name, fmt.Errorf("%w: it uses the key of %s", ErrNotEncryptionRoot, e.root))
	}
	return e, nil
}

// KeyLoad loads the key of an encryption root, in the dataset's format: 32 bytes,
// 64 hexadecimal digits, or a passphrase. It does not mount anything. The key is
// zeroed before the method returns, on success and on failure; see NewKey about
// copies of a passphrase.
//
// Errors match ErrWrongKey, ErrInvalidKey, ErrKeyLoaded, ErrNotEncrypted,
// ErrNotEncryptionRoot, ErrNotFound, ErrInvalidName, ErrPermission,
// ErrNotSupported (the cipher).
//
// Kernel: ZFS_IOC_LOAD_KEY (nvlist, since 0.8).
func (c *Client) KeyLoad(ctx context.Context, name string, key []byte) error {
	defer clear(key)
	return c.tryKey(ctx, name, false, func(encryption) ([]byte, error) { return key, nil })
}

// KeyCheck checks that a key is that of an encryption root, without loading it.
// The key may already be loaded. It is zeroed as by KeyLoad.
//
// Errors match those of KeyLoad except ErrKeyLoaded.
//
// Kernel: ZFS_IOC_LOAD_KEY (nvlist, since 0.8), as KeyLoad.
func (c *Client) KeyCheck(ctx context.Context, name string, key []byte) error {
	defer clear(key)
	return c.tryKey(ctx, name, true, func(encryption) ([]byte, error) { return key, nil })
}

// KeyLoadFromOptions are the options of KeyLoadFrom.
type KeyLoadFromOptions struct {
	// Location is used in place of the property keylocation, in the same form.
	Location string
	// Prompt is called if the location is "prompt". KeyLoadFrom zeroes the key
	// that it returns. If Prompt is nil, that location is an error.
	Prompt func(ctx context.Context, name string, format KeyFormat) ([]byte, error)
	// CheckOnly only checks the key, as KeyCheck does.
	CheckOnly bool
	// Warn, unless it is nil, is called if other users can access the file of the
	// key. The warning matches ErrKeyExposed.
	Warn func(warning error)
}

// KeyLoadFrom loads the key of an encryption root from its property keylocation,
// as zfs load-key does: from a file, see ReadKey, or from Prompt. The key is read
// only if it is not yet loaded, and is zeroed as by KeyLoad.
//
// Errors match those of KeyLoad, those of ReadKey, and those of Prompt.
//
// Kernel: ZFS_IOC_LOAD_KEY (nvlist, since 0.8), as KeyLoad.
func (c *Client) KeyLoadFrom(ctx context.Context, name string, opts *KeyLoadFromOptions) error {
	if opts == nil {
		opts = &KeyLoadFromOptions{}
	}
	return c.tryKey(ctx, name, opts.CheckOnly, func(e encryption) ([]byte, error) {
		location := opts.Location
		if location == "" {
			location = e.location
		}
		switch {
		case location != "prompt":
			return readKey(location, e.params.format, opts.Warn)
		case opts.Prompt == nil:
			return nil, fmt.Errorf("%w: its keylocation is prompt: pass the key to KeyLoad", ErrInvalidKey)
		}
		return opts.Prompt(ctx, name, e.params.format)
	})
}

// tryKey is KeyLoad, or KeyCheck if only is set. It calls get for the key when it
// is needed.
func (c *Client) tryKey(ctx context.Context, name string, only bool, get func(encryption) ([]byte, error)) error {
	e, err := c.encryptionRoot(ctx, ioctl.OpLoadKey, name)
	if err != nil {
		return err
	}
	if e.loaded && !only {
		return inputError(ioctl.OpLoadKey, name, ErrKeyLoaded)
	}
	key, err := get(e)
	defer clear(key)
	if err != nil {
		return inputError(ioctl.OpLoadKey, name, err)
	}
	if err := e.params.check(key); err != nil {
		return inputError(ioctl.OpLoadKey, name, err)
	}
	wrapping, err := e.params.derive(key)
	defer clear(wrapping)
	if err != nil {
		return inputError(ioctl.OpLoadKey, name, err)
	}
	in := &nvlist.List{}
	if only {
		in.SetBoolean("noop")
	}
	return c.callListKey(ctx, ioctl.OpLoadKey, name, in, wrapping)
}

// KeyUnload unloads the key of an encryption root. No dataset that uses the key
// may be mounted or open.
//
// Errors match ErrKey (it is not loaded), ErrBusy, ErrNotEncrypted,
// ErrNotEncryptionRoot, ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_UNLOAD_KEY (nvlist, since 0.8).
func (c *Client) KeyUnload(ctx context.Context, name string) error {
	if _, err := c.encryptionRoot(ctx, ioctl.OpUnloadKey, name); err != nil {
		return err
	}
	_, err := c.callList(ctx, ioctl.OpUnloadKey, name, nil)
	return c.explainKeyBusy(ctx, err)
}

// KeyChange changes the key of an encrypted dataset, which becomes an encryption
// root if it is not one. Its present key must be loaded, and the new key is
// loaded afterwards. Existing data is not encrypted again. The method zeroes the
// key: see NewKey.
//
// Errors match ErrInvalidKey, ErrInvalidProp (the location), ErrKey (the present
// key is not loaded), ErrNotEncrypted, ErrInvalid (a clone, which uses its
// origin's key), ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_CHANGE_KEY (nvlist, since 0.8).
func (c *Client) KeyChange(ctx context.Context, name string, key *NewKey) error {
	defer key.wipe()
	if _, err := parseHead(name); err != nil {
		return inputError(ioctl.OpChangeKey, name, err)
	}
	if key == nil {
		return inputError(ioctl.OpChangeKey, name, fmt.Errorf("%w: there is none", ErrInvalidKey))
	}
	e, err := c.encryptionOf(ctx, name)
	if err != nil {
		return err
	}
	if err := e.checkChange(); err != nil {
		return inputError(ioctl.OpChangeKey, name, err)
	}
	k := *key
	isRoot := e.root == name
	if k.Format == 0 && isRoot {
		k.Format = e.params.format
	}
	if k.Location == "" && !isRoot {
		k.Location = "prompt"
	}
	props := &nvlist.List{}
	wrapping, err := k.props(props, c.release)
	defer clear(wrapping)
	if err != nil {
		return inputError(ioctl.OpChangeKey, name, err)
	}
	in := &nvlist.List{}
	in.SetUint64("crypt_cmd", cryptNewKey)
	in.SetList("props", props)
	return c.callListKey(ctx, ioctl.OpChangeKey, name, in, wrapping)
}

// checkChange returns an error if the key cannot be changed.
func (e encryption) checkChange() error {
	switch {
	case e.root == "":
		return ErrNotEncrypted
	case e.clone:
		return fmt.Errorf("%w: a clone uses the key of its origin", ErrInvalid)
	case !e.loaded:
		return fmt.Errorf("%w: the present key is not loaded", ErrKey)
	}
	return nil
}

// KeyInherit drops the key of an encryption root: the dataset then uses the key
// of its parent. Both keys must be loaded.
//
// Errors match ErrNotEncryptionRoot (or a pool's root, which has no parent),
// ErrNotEncrypted (or the parent is not), ErrKey (one of the two is not loaded),
// ErrInvalid (a clone), ErrNotFound, ErrInvalidName, ErrPermission.
//
// Kernel: ZFS_IOC_CHANGE_KEY (nvlist, since 0.8), as KeyChange.
func (c *Client) KeyInherit(ctx context.Context, name string) error {
	e, err := c.encryptionRoot(ctx, ioctl.OpChangeKey, name)
	if err != nil {
		return err
	}
	n, _ := ParseName(name)
	// The kernel does not expect a dataset without a parent.
	if n.Parent() == "" {
		return inputError(ioctl.OpChangeKey, name, fmt.Errorf("%w to inherit: a pool's root has no parent", ErrNotEncryptionRoot))
	}
	parent, err := c.encryptionOf(ctx, n.Parent())
	if err != nil {
		return err
	}
	if err := e.checkChange(); err != nil {
		return inputError(ioctl.OpChangeKey, name, err)
	}
	switch {
	case parent.root == "":
		err = fmt.Errorf("its parent %w", ErrNotEncrypted)
	case !parent.loaded:
		err = fmt.Errorf("%w: that of %s", ErrKey, parent.root)
	}
	if err != nil {
		return inputError(ioctl.OpChangeKey, name, err)
	}
	in := &nvlist.List{}
	in.SetUint64("crypt_cmd", cryptInherit)
	_, err = c.callList(ctx, ioctl.OpChangeKey, name, in)
	return err
}

// explainKeyBusy adds what uses a key that cannot be unloaded, as far as the
// table of mounts shows it.
func (c *Client) explainKeyBusy(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != ioctl.CodeBusy {
		return err
	}
	for name, m := range readMounts().entries {
		if name != e.Name && !strings.HasPrefix(name, e.Name+"/") {
			continue
		}
		// A descendant may be an encryption root.
		if enc, eerr := c.encryptionOf(ctx, name); eerr == nil && enc.root == e.Name {
			e.Hint = name + " is mounted at " + m.path
			break
		}
	}
	return err
}
