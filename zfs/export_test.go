package zfs

// ProgramSource is the text of a composite's program, for tests that run it on
// their own.
var ProgramSource = programSource
