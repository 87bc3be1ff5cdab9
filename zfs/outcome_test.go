package zfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/purezfs/purezfs/zfs"
)

// outcome is how an operation is expected to end. The zero outcome is success.
type outcome struct {
	want  error
	items []string // names of the error's items, in their order
	done  []string // what the error tells to have been done
	text  string   // a part of the message
}

// check compares an operation's error with what was expected.
func (o outcome) check(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, o.want) {
		t.Errorf("error %v, want %v", err, o.want)
	}
	var e *zfs.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("error %v is no *zfs.Error", err)
	}
	if e == nil {
		return
	}
	var items []string
	for _, item := range e.Items {
		items = append(items, item.Name)
	}
	if diff := cmp.Diff(o.items, items); diff != "" {
		t.Errorf("items of %v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(o.done, e.Done); diff != "" {
		t.Errorf("done of %v (-want +got):\n%s", err, diff)
	}
	if !strings.Contains(err.Error(), o.text) {
		t.Errorf("error %v does not say %q", err, o.text)
	}
}
