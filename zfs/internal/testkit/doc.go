// Package testkit is what the tests of package zfs and of the packages above it
// share: a module that is faked, and how an operation is expected to end.
package testkit
