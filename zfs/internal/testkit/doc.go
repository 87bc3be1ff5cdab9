// Package testkit holds helpers for the tests of package zfs and of the
// packages above it: a fake module, and the expected outcome of an operation.
package testkit
