// Package show presents what zfsprobe has found: text on pages and in tables, which
// is escaped where a terminal or a reader could take it for something else, sizes,
// bars of progress, and JSON. Tables and JSON can be written while their rows are
// still being read. It knows nothing of commands and flags.
//
// Begin with screen.go, which says what is escaped and where.
package show
