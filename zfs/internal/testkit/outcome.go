package testkit

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
)

// Outcome is the expected outcome of an operation. The zero value is success.
type Outcome struct {
	Want  error
	Items []string // names of the error's items, in their order
	Done  []string // the error's Done
	Text  string   // a part of the message
}

// Check compares an operation's error with the expected outcome.
func (o Outcome) Check(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, o.Want) {
		t.Errorf("error %v, want %v", err, o.Want)
	}
	var e *zfs.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("error %v is not a *zfs.Error", err)
	}
	if e == nil {
		return
	}
	var items []string
	for _, item := range e.Items {
		items = append(items, item.Name)
	}
	if diff := cmp.Diff(o.Items, items); diff != "" {
		t.Errorf("items of %v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(o.Done, e.Done); diff != "" {
		t.Errorf("done of %v (-want +got):\n%s", err, diff)
	}
	if !strings.Contains(err.Error(), o.Text) {
		t.Errorf("error %v does not contain %q", err, o.Text)
	}
}
