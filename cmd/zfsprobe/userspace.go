package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/spf13/cobra"
)

// owner is a row: what one user, group or project has and may have. A nil
// number is one that the filesystem does not count.
type owner struct {
	Type     string  `json:"type"` // as -t takes it
	ID       uint32  `json:"id"`
	Domain   string  `json:"domain,omitempty"` // of an SMB identity
	Name     string  `json:"name"`
	Used     *uint64 `json:"used"`
	Quota    *uint64 `json:"quota"` // 0 is none
	ObjUsed  *uint64 `json:"objused"`
	ObjQuota *uint64 `json:"objquota"` // 0 is none

	named bool // the name is one, and no number
}

// userspaceDoc is what userspace and its sisters print.
type userspaceDoc struct {
	Schema  string  `json:"schema"`
	Dataset string  `json:"dataset"`
	Owners  []owner `json:"owners"`
}

// ownerTypes are the types as -t takes them and as they are shown, in the order
// of rows.
var ownerTypes = [...]struct{ word, shown string }{
	{"posixgroup", "POSIX Group"}, {"posixuser", "POSIX User"}, {"smbgroup", "SMB Group"}, {"smbuser", "SMB User"}, {"project", "Project"},
}

// typeRank is the place of a type among them.
func typeRank(word string) int {
	for i, t := range ownerTypes {
		if t.word == word {
			return i
		}
	}
	return -1
}

// spaceFields are the columns.
var spaceFields = [...]string{"type", "name", "used", "quota", "objused", "objquota"}

// spaceFlags are the flags of userspace and its sisters.
type spaceFlags struct {
	numeric, script, parsable bool
	columns, types            string
	sorts                     []string // fields, with a minus for descending
}

func (a *app) userspaceCommand() *cobra.Command {
	return a.spaceCommand("userspace", "users", []string{"posixuser", "smbuser"})
}

func (a *app) groupspaceCommand() *cobra.Command {
	return a.spaceCommand("groupspace", "groups", []string{"posixgroup", "smbgroup"})
}

func (a *app) projectspaceCommand() *cobra.Command {
	return a.spaceCommand("projectspace", "projects", []string{"project"})
}

// spaceCommand makes one of the three commands, which show these types unless
// told otherwise.
func (a *app) spaceCommand(verb, who string, types []string) *cobra.Command {
	var f spaceFlags
	cmd := &cobra.Command{
		Use:   verb + " DATASET",
		Short: "Show the space and quotas of " + who + " on a filesystem",
		Long: strings.ToUpper(verb[:1]) + verb[1:] + " shows the space and the number of objects that " + who + ` use of a filesystem or snapshot,
and their quotas, which may be the filesystem's default. The flags are those of zfs ` + verb + `.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			shown, err := f.parse(&types)
			if err != nil {
				return err
			}
			owners, err := a.owners(cmd.Context(), args[0], types, f.numeric)
			if err != nil {
				return err
			}
			sortOwners(owners, f.sorts)
			return a.print(userspaceDoc{"zfsprobe." + verb + "/1", args[0], owners}, ownerTable(owners, shown, &f).Emit)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.script, "script", "H", false, "no header, columns separated by one tab")
	flags.BoolVarP(&f.parsable, "parsable", "p", false, "exact numbers")
	flags.StringVarP(&f.columns, "output", "o", strings.Join(spaceFields[:], ","), "columns")
	flags.VarP(&fieldSort{&f.sorts, ""}, "sort", "s", "sort by this column, ascending; may be repeated")
	flags.VarP(&fieldSort{&f.sorts, "-"}, "sort-descending", "S", "sort by this column, descending; may be repeated")
	if verb != "projectspace" {
		flags.BoolVarP(&f.numeric, "numeric", "n", false, "numbers instead of names")
		flags.StringVarP(&f.types, "type", "t", "", "types to show: posixuser, smbuser, posixgroup, smbgroup, all")
	}
	return cmd
}

// parse checks the columns and the types.
func (f *spaceFlags) parse(types *[]string) (shown []string, err error) {
	shown = strings.Split(f.columns, ",")
	for _, field := range shown {
		if err := checkField(field); err != nil {
			return nil, err
		}
	}
	if f.types == "" {
		return shown, nil
	}
	*types = strings.Split(f.types, ",")
	for _, word := range *types {
		if word == "all" {
			*types = []string{"posixuser", "smbuser", "posixgroup", "smbgroup"}
			break
		}
		if i := typeRank(word); i < 0 || word == "project" {
			return nil, fmt.Errorf("type %q: want posixuser, smbuser, posixgroup, smbgroup, all", word)
		}
	}
	return shown, nil
}

func checkField(field string) error {
	if !slices.Contains(spaceFields[:], field) {
		return fmt.Errorf("column %q: want %s", field, strings.Join(spaceFields[:], ", "))
	}
	return nil
}

// fieldSort collects -s and -S in the order in which they are given.
type fieldSort struct {
	all  *[]string
	sign string
}

func (s *fieldSort) String() string { return "" }

func (s *fieldSort) Type() string { return "column" }

func (s *fieldSort) Set(field string) error {
	*s.all = append(*s.all, s.sign+field)
	return checkField(field)
}

// spaceKinds are what is read for one type of owner: used and quota, of space
// and of objects.
func spaceKinds(typ string) [4]zfs.UserspaceKind {
	switch typ {
	case "posixgroup", "smbgroup":
		return [...]zfs.UserspaceKind{zfs.GroupUsed, zfs.GroupQuota, zfs.GroupObjUsed, zfs.GroupObjQuota}
	case "project":
		return [...]zfs.UserspaceKind{zfs.ProjectUsed, zfs.ProjectQuota, zfs.ProjectObjUsed, zfs.ProjectObjQuota}
	}
	return [...]zfs.UserspaceKind{zfs.UserUsed, zfs.UserQuota, zfs.UserObjUsed, zfs.UserObjQuota}
}

// owners reads the rows of the chosen types.
func (a *app) owners(ctx context.Context, name string, types []string, numeric bool) ([]owner, error) {
	rows := make(map[string]*owner)
	err := a.withClient(func(c *zfs.Client) error { return readOwners(ctx, c, rows, ownersAsked{name, types, numeric}) })
	if err != nil {
		return nil, err
	}
	owners := make([]owner, 0, len(rows))
	for _, row := range rows {
		owners = append(owners, *row)
	}
	return owners, nil
}

// ownersAsked is what userspace and its sisters are asked for.
type ownersAsked struct {
	dataset string
	types   []string
	numeric bool
}

// readOwners fills the rows.
func readOwners(ctx context.Context, c *zfs.Client, rows map[string]*owner, asked ownersAsked) error {
	seen := make(map[zfs.UserspaceKind]bool)
	for _, typ := range asked.types {
		for column, kind := range spaceKinds(typ) {
			if seen[kind] {
				continue // users and SMB users come in one walk
			}
			seen[kind] = true
			for entry, err := range c.Userspace(ctx, asked.dataset, kind) {
				if uncounted := errors.Is(err, zfs.ErrUpgrade) || errors.Is(err, zfs.ErrFeatureDisabled); uncounted && kind > zfs.GroupQuota {
					break // not counted, as on pools of old features
				}
				if err != nil {
					return err
				}
				if typ := ownerType(entry); slices.Contains(asked.types, typ) {
					fill(rows, typ, column, entry, asked.numeric)
				}
			}
		}
	}
	return nil
}

// ownerType is the type of the one that an entry is about.
func ownerType(e zfs.UserspaceEntry) string {
	typ := "user"
	switch {
	case e.Kind.IsProject():
		return "project"
	case e.Kind.IsGroup():
		typ = "group"
	}
	if e.ID.Domain != "" {
		return "smb" + typ
	}
	return "posix" + typ
}

// fill puts an entry into its row. What has a quota has a use, if only of 0, and
// what is used has a quota, if only the filesystem's default.
func fill(rows map[string]*owner, typ string, column int, e zfs.UserspaceEntry, numeric bool) {
	key := typ + " " + e.ID.String()
	row := rows[key]
	if row == nil {
		row = &owner{Type: typ, ID: e.ID.RID, Domain: e.ID.Domain, Name: e.ID.String()}
		if name, ok := ownerName(typ, e.ID); ok && !numeric {
			row.Name, row.named = name, true
		}
		rows[key] = row
	}
	cells := [...]**uint64{&row.Used, &row.Quota, &row.ObjUsed, &row.ObjQuota}
	value, other, none := e.Value, cells[column^1], e.DefaultQuota
	*cells[column] = &value
	if *other == nil {
		*other = &none
	}
}

// ownerName is the name that this system has for an owner.
func ownerName(typ string, id zfs.UserspaceID) (name string, ok bool) {
	number := strconv.FormatUint(uint64(id.RID), 10)
	switch typ {
	case "posixuser":
		if u, err := user.LookupId(number); err == nil {
			return u.Username, true
		}
	case "posixgroup":
		if g, err := user.LookupGroupId(number); err == nil {
			return g.Name, true
		}
	}
	return "", false
}

// sortOwners sorts by the chosen columns, then by type and name. Names come
// before numbers that have none.
func sortOwners(owners []owner, fields []string) {
	fields = append(slices.Clone(fields), "type", "name")
	slices.SortFunc(owners, func(a, b owner) int {
		for _, field := range fields {
			name, down := strings.CutPrefix(field, "-")
			n := compareOwners(&a, &b, name)
			if down {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return strings.Compare(a.Domain, b.Domain)
	})
}

func compareOwners(a, b *owner, field string) int {
	number := func(p *uint64) uint64 {
		if p == nil {
			return 0
		}
		return *p
	}
	switch field {
	case "type":
		return cmp.Compare(typeRank(a.Type), typeRank(b.Type))
	case "used":
		return cmp.Compare(number(a.Used), number(b.Used))
	case "quota":
		return cmp.Compare(number(a.Quota), number(b.Quota))
	case "objused":
		return cmp.Compare(number(a.ObjUsed), number(b.ObjUsed))
	case "objquota":
		return cmp.Compare(number(a.ObjQuota), number(b.ObjQuota))
	}
	switch {
	case a.named && b.named:
		return strings.Compare(a.Name, b.Name)
	case a.named != b.named:
		return map[bool]int{true: -1, false: 1}[a.named]
	}
	return cmp.Compare(a.ID, b.ID)
}

func ownerTable(owners []owner, shown []string, f *spaceFlags) *show.Table {
	t := &show.Table{Script: f.script, Right: make(map[int]bool)}
	for i, field := range shown {
		t.Header = append(t.Header, strings.ToUpper(field))
		t.Right[i] = field != "type" && field != "name"
	}
	if len(owners) == 0 {
		t.Header = nil // as zfs(8), which prints nothing then
	}
	for i := range owners {
		var row []string
		for _, field := range shown {
			row = append(row, owners[i].cell(field, f.parsable))
		}
		t.Add(row...)
	}
	return t
}

// cell is the text of one column.
func (o *owner) cell(field string, parsable bool) string {
	switch field {
	case "type":
		return ownerTypes[typeRank(o.Type)].shown
	case "name":
		return o.Name
	case "used":
		return spaceText(o.Used, parsable, prop.FormatSize)
	case "quota":
		return quotaText(o.Quota, parsable, prop.FormatSize)
	case "objused":
		return spaceText(o.ObjUsed, parsable, prop.FormatCount)
	}
	return quotaText(o.ObjQuota, parsable, prop.FormatCount)
}

// spaceText writes a number, "-" if it is not counted.
func spaceText(n *uint64, parsable bool, nice func(uint64) string) string {
	switch {
	case n == nil:
		return "-"
	case parsable:
		return strconv.FormatUint(*n, 10)
	}
	return nice(*n)
}

// quotaText is spaceText for a limit, of which 0 is none.
func quotaText(n *uint64, parsable bool, nice func(uint64) string) string {
	if n != nil && *n == 0 && !parsable {
		return "none"
	}
	return spaceText(n, parsable, nice)
}
