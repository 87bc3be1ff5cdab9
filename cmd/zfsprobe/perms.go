package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// findVerb finds a verb, or an operation by its name in the kernel.
func findVerb(verb, name string) (zfs.DelegationVerb, error) {
	if v, ok := zfs.DelegationVerbOf(verb, name); ok {
		return v, nil
	}
	row, ok := ioctl.ByName(verb)
	if !ok {
		return zfs.DelegationVerb{}, fmt.Errorf("unknown operation %q: want a subcommand of zfs(8) or an operation of 'zfsprobe ioctls'", verb)
	}
	return zfs.DelegationVerb{Name: verb, Op: row.Op}, nil
}

// kernelName is the kernel's name for what a verb does.
func kernelName(v zfs.DelegationVerb) string {
	if v.SystemCall != "" {
		return v.SystemCall
	}
	return v.Op.String()
}

// needDoc is one permission in JSON.
type needDoc struct {
	Dataset    string `json:"dataset"`
	Permission string `json:"permission,omitempty"`
	// Admin reports whether CAP_SYS_ADMIN is needed instead of a permission.
	Admin   bool      `json:"admin,omitempty"`
	Granted bool      `json:"granted"`
	From    *grantDoc `json:"from,omitempty"`
	Set     string    `json:"set,omitempty"` // the set that has the permission
	Refused string    `json:"refused,omitempty"`
}

// permsDoc is what perms prints.
type permsDoc struct {
	Schema    string    `json:"schema"`
	Operation string    `json:"operation"`
	Kernel    string    `json:"kernel"` // its operation, or the system call
	Dataset   string    `json:"dataset"`
	User      userDoc   `json:"user"`
	Allowed   bool      `json:"allowed"`
	Device    string    `json:"device,omitempty"` // why the user cannot open it
	Needs     []needDoc `json:"needs"`
	Grant     []string  `json:"grant"` // the commands that would grant what is missing
	Notes     []string  `json:"notes"`
}

// userDoc is the user in JSON.
type userDoc struct {
	Name   string   `json:"name,omitempty"`
	UID    uint32   `json:"uid"`
	Groups []uint32 `json:"groups"`
	Admin  bool     `json:"admin"`
}

// permsFlags are the flags of perms.
type permsFlags struct {
	user, to string
	props    []string
}

func (a *app) permsCommand() *cobra.Command {
	var f permsFlags
	cmd := &cobra.Command{
		Use:   "perms OPERATION DATASET",
		Short: "Check which permissions an operation needs and whether a user has them",
		Long: `Perms shows which delegated permissions an operation needs, which of them a
user has and from where, which are missing, and the command that would grant them. OPERATION is a
subcommand of zfs(8) or an operation's name in the kernel. For create, DATASET is the new dataset;
for clone, it is the origin. Perms grants nothing.

The default user is the caller. Exit code 1 means that permissions are missing.`,
		Example: `  zfsprobe perms snapshot tank/home
  zfsprobe perms rename tank/a --to tank/b/a --user zrepl
  zfsprobe perms set tank/home --property compression --user alice`,
		Args: cobra.ExactArgs(2),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return a.completeDataset(cmd, nil, typed)
			}
			var verbs []string
			for _, v := range zfs.DelegationVerbs() {
				verbs = append(verbs, v.Name)
			}
			return verbs, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := a.perms(cmd.Context(), args[0], args[1], &f)
			if err != nil {
				return err
			}
			if err := a.printPerms(doc); err != nil {
				return err
			}
			if !doc.Allowed {
				return errFound
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&f.user, "user", "", "name or number of the user (default the caller)")
	cmd.Flags().StringVar(&f.to, "to", "", "the new name, for rename and clone (default: in the same parent)")
	cmd.Flags().StringSliceVar(&f.props, "property", nil, "the property, for set and inherit; may be repeated")
	return cmd
}

// perms finds out about an operation that the arguments and flags name.
func (a *app) perms(ctx context.Context, verb, name string, f *permsFlags) (*permsDoc, error) {
	v, err := findVerb(verb, name)
	if err != nil {
		return nil, err
	}
	who, err := readUser(f.user)
	if err != nil {
		return nil, err
	}
	for _, property := range f.props {
		v.Props = append(v.Props, prop.Prop(property))
	}
	var doc *permsDoc
	err = a.withClient(func(c *zfs.Client) (err error) {
		if doc, err = permsOf(ctx, c, question{v, name, f.to}, who); err != nil {
			return err
		}
		if doc.Device = deviceBarred(c.Device().Path(), who); doc.Device != "" {
			doc.Allowed = false
		}
		return nil
	})
	return doc, err
}

// question is what a user may do or not.
type question struct {
	verb     zfs.DelegationVerb
	name, to string
}

// permsOf answers a question, without a look at the device node.
func permsOf(ctx context.Context, c *zfs.Client, q question, who userDoc) (*permsDoc, error) {
	needs, err := c.DelegationVerbNeeds(ctx, q.verb, q.name, &zfs.DelegationNeedsOptions{NewName: q.to})
	if err != nil {
		return nil, err
	}
	answers, err := c.DelegationCheck(ctx, needs, zfs.Credentials{UID: who.UID, Groups: who.Groups, Admin: who.Admin})
	if err != nil {
		return nil, err
	}
	doc := &permsDoc{Schema: "zfsprobe.perms/1", Operation: q.verb.Name, Kernel: kernelName(q.verb), Dataset: q.name, User: who, Allowed: true,
		Needs: []needDoc{}, Grant: grantCommands(who, answers), Notes: []string{}}
	for _, answer := range answers {
		doc.Needs = append(doc.Needs, needDocument(answer))
		doc.Allowed = doc.Allowed && answer.Granted
	}
	if q.verb.Mounts && !who.Admin {
		doc.Notes = append(doc.Notes, "on Linux only root can mount and unmount: root must unmount mounted filesystems first, and new ones are not mounted")
	}
	if q.verb.SystemCall == "" && q.verb.Op == ioctl.OpSetFsacl && !who.Admin {
		doc.Notes = append(doc.Notes, "a user needs the permissions that it grants; only root can revoke the permissions of others")
	}
	return doc, nil
}

func needDocument(answer zfs.PermissionAnswer) needDoc {
	doc := needDoc{Dataset: answer.Dataset, Permission: answer.Permission, Admin: answer.Admin, Granted: answer.Granted, Set: answer.Set, Refused: answer.Refused}
	if answer.Grant.Dataset != "" {
		doc.From = &grantDocs([]zfs.Grant{answer.Grant})[0]
	}
	return doc
}

// readUser reads a user by name or number, or the caller for an empty text.
func readUser(text string) (userDoc, error) {
	if text == "" {
		caps, err := effectiveCaps("/proc/self/status")
		groups, _ := os.Getgroups()
		who := userDoc{UID: uint32(os.Geteuid()), Groups: []uint32{uint32(os.Getegid())}}
		for _, id := range groups {
			if !slices.Contains(who.Groups, uint32(id)) {
				who.Groups = append(who.Groups, uint32(id))
			}
		}
		who.Admin = err == nil && caps&(1<<capSysAdmin) != 0 && !insideNamespace("/proc/self/uid_map")
		if u, err := user.LookupId(strconv.Itoa(os.Geteuid())); err == nil {
			who.Name = u.Username
		}
		return who, nil
	}
	u, err := user.Lookup(text)
	if err != nil {
		if u, err = user.LookupId(text); err != nil {
			return userDoc{}, fmt.Errorf("unknown user %q", text)
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return userDoc{}, fmt.Errorf("user %q has no number, but %q", text, u.Uid)
	}
	// A user without a list of groups has the primary one at least.
	ids, _ := u.GroupIds()
	who := userDoc{Name: u.Username, UID: uint32(uid), Admin: uid == 0}
	for _, id := range append([]string{u.Gid}, ids...) {
		gid, err := strconv.ParseUint(id, 10, 32)
		if err == nil && !slices.Contains(who.Groups, uint32(gid)) {
			who.Groups = append(who.Groups, uint32(gid))
		}
	}
	return who, nil
}

// deviceBarred says why a user cannot open the device, empty if nothing keeps
// him from it. To open it for reading is enough.
func deviceBarred(path string, who userDoc) string {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || who.Admin {
		return ""
	}
	if err != nil {
		return err.Error()
	}
	uid, gid := fileOwner(info)
	mode := info.Mode().Perm()
	bits := mode & 4
	switch {
	case uid == who.UID:
		bits = mode >> 6 & 4
	case slices.Contains(who.Groups, gid):
		bits = mode >> 3 & 4
	}
	if bits != 0 {
		return ""
	}
	return fmt.Sprintf("%s has mode %04o and belongs to %d:%d; chmod 0666 %s is the default of ZFS", path, mode, uid, gid, path)
}

// grantCommands are the commands that would grant what is missing, one for each
// dataset. Of a snapshot's dataset, it is the snapshots that inherit.
func grantCommands(who userDoc, answers []zfs.PermissionAnswer) []string {
	name := who.Name
	if name == "" {
		name = strconv.FormatUint(uint64(who.UID), 10)
	}
	var order []string
	perms := make(map[string][]string)
	for _, answer := range answers {
		if answer.Granted || answer.Admin || answer.Refused != "" {
			continue
		}
		head, _, _ := strings.Cut(answer.Dataset, "@")
		if perms[head] == nil {
			order = append(order, head)
		}
		if !slices.Contains(perms[head], answer.Permission) {
			perms[head] = append(perms[head], answer.Permission)
		}
	}
	commands := []string{}
	for _, head := range order {
		commands = append(commands, fmt.Sprintf("zfs allow -u %s %s %s", name, strings.Join(perms[head], ","), head))
	}
	return commands
}

func (a *app) printPerms(doc *permsDoc) error {
	verdict := "may"
	if !doc.Allowed {
		verdict = "may not"
	}
	name := doc.User.Name
	if name == "" {
		name = "user"
	}
	b := show.NewNotes()
	b.Addf("%s (%d) %s %s %s\n", name, doc.User.UID, verdict, doc.Operation, doc.Dataset)
	t := &show.Table{Header: []string{"NEEDS", "ON", "HAS", "FROM"}}
	for _, need := range doc.Needs {
		t.Add(permsRow(need, doc.User.Admin)...)
	}
	if len(t.Rows) > 0 {
		t.Align(b)
	}
	if doc.Device != "" {
		b.Addf("device: %s\n", doc.Device)
	}
	for _, command := range doc.Grant {
		b.Addf("missing: %s\n", command)
	}
	for _, note := range doc.Notes {
		b.Addf("note: %s\n", note)
	}
	return a.print(doc, b.Emit)
}

// permsRow is one need as text.
func permsRow(need needDoc, admin bool) []string {
	perm, has, from := need.Permission, "no", need.Refused
	if need.Admin {
		perm = "CAP_SYS_ADMIN"
	}
	if need.Granted {
		has = "yes"
	}
	switch {
	case need.From != nil:
		who := need.From.Kind
		if need.From.ID != nil {
			who = strings.TrimSpace(who + " " + need.From.Name)
		}
		from = fmt.Sprintf("%s, %s, on %s", who, need.From.Scope, need.From.Dataset)
		if need.Set != "" {
			from += ", by " + need.Set
		}
	case admin:
		from = "CAP_SYS_ADMIN"
	}
	return []string{perm, need.Dataset, has, from}
}
