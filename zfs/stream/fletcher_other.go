//go:build !amd64 || purego

package stream

// updateLanes returns all of p, for the plain loop.
func (s *Sum) updateLanes(p []byte) []byte { return p }
