package zfs

// ProgramSource is the text of a composite's program, for tests that run it on
// their own.
var ProgramSource = programSource

// OwnMeaning and CommonMeaning are what an errno means for one operation, and for
// all, for the test that each of these is provoked.
var (
	OwnMeaning    = ownMeaning
	CommonMeaning = commonMeaning
)
