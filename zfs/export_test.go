package zfs

// ProgramSource is the text of a composite's program as the kernel gets it, for
// tests that run it on their own.
func ProgramSource(name string) (string, error) {
	source, err := programSource(name)
	if err != nil {
		return "", err
	}
	return withCommon(source)
}

// WithCommon is a program as the kernel gets it.
var WithCommon = withCommon

// OwnMeaning and CommonMeaning return the meaning of an errno for one operation,
// and for all, for the test that each of these is provoked.
var (
	OwnMeaning    = ownMeaning
	CommonMeaning = commonMeaning
)

// SetModuleDir has a client read what a module says about itself from a directory.
func SetModuleDir(c *Client, dir string) { c.module.dir = dir }
