package zfs

import (
	"errors"
	"fmt"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
	"github.com/purezfs/purezfs/zfs/label"
)

// explainImport adds to an error what the kernel found before it failed.
func explainImport(err error, out *nvlist.List) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	e.Items = nil // what else is in the answer are no errors
	// A hint is left out if what the kernel says of it has another type.
	info := out.Reader().List("load_info").Reader()
	switch e.Code {
	case ioctl.CodeNotsup:
		e.Items = featureItems(unsupportedFeatures(info.List("unsup_feat")))
		if info.Has("can_rdonly") {
			e.Hint = "it can be imported read-only"
		}
	case ioctl.CodeNxio:
		vdevs, err := missingVdevs(info)
		e.Items = missingItems(vdevs)
		if err == nil && len(vdevs) > 0 && allLogs(vdevs) {
			e.Hint = "it can be imported without its log"
		}
	case ioctl.CodeRofs:
		e.Hint = "it can be imported read-only"
	case ioctl.CodeIo, ioctl.CodeBade:
		if r := parseRewound(info.List("rewind_info")); r != nil {
			e.Hint = fmt.Sprintf("a rewind can import it as it was at %s; the last %v would be lost",
				r.Time.UTC().Format("2006-01-02 15:04:05 MST"), r.Lost)
		}
	case ioctl.CodeExist:
		e.Hint = "a pool of this name or with this GUID is imported"
	}
	return e
}

// featureItems returns features as items of an error.
func featureItems(features []UnsupportedFeature) (items []Item) {
	for _, f := range features {
		text := f.Description
		if text == "" {
			text = "unknown to the module"
		}
		items = append(items, Item{Name: f.GUID, Err: errors.New(text)})
	}
	return items
}

// missingItems returns missing devices as items of an error.
func missingItems(vdevs []*label.Vdev) (items []Item) {
	for _, top := range vdevs {
		for v := range top.All() {
			if len(v.Children) == 0 {
				items = append(items, Item{Name: v.Name(), Err: errors.New(VdevHealth(v))})
			}
		}
	}
	return items
}

// allLogs reports whether all devices are for the log.
func allLogs(vdevs []*label.Vdev) bool {
	for _, v := range vdevs {
		if !v.Log {
			return false
		}
	}
	return true
}
