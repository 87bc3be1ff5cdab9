package zfs

import (
	"fmt"
)

// PartialError is a failed receive that has left partial state, from which it can
// be resumed. It wraps the reason.
type PartialError struct {
	// Dataset is the filesystem or volume with the partial state, which is
	// visible if the receive was to create it.
	Dataset string
	// Token is the resume token for Client.SendResume.
	Token string
	// Err is the reason, never nil.
	Err error
}

// Error returns the reason, and that the receive can be resumed.
func (e *PartialError) Error() string {
	return fmt.Sprintf("%v; %s holds a partial receive that can be resumed", e.Err, e.Dataset)
}

// Unwrap returns the reason.
func (e *PartialError) Unwrap() error { return e.Err }
