//go:build !amd64 || purego

package stream

// updateLanes leaves everything to the plain loop.
func (s *Sum) updateLanes(p []byte) []byte { return p }
