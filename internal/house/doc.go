// Package house holds no code, only tests of the house's own rules: which
// storey may import which, how long files and functions may be, what comments
// must say, and what words do not belong in the repository.
package house
