package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/purezfs/purezfs/zfs"
	"github.com/purezfs/purezfs/zfs/prop"
	"github.com/purezfs/purezfs/zfs/volumes"
)

// maxRequest is the maximum size of a request's body in bytes.
const maxRequest = 64 << 10

// newVolume is the body of a request for a new volume.
type newVolume struct {
	Size     uint64            `json:"size"`     // of a device in bytes, 0 for a filesystem
	From     string            `json:"from"`     // a volume or snapshot to clone
	Copy     bool              `json:"copy"`     // share no blocks with it
	ReadOnly bool              `json:"readonly"` // only with from
	Props    map[string]string `json:"props"`
}

// volumeDoc is a volume in an answer.
type volumeDoc struct {
	Name      string   `json:"name"`
	Dataset   string   `json:"dataset,omitempty"`
	Type      string   `json:"type"`
	Size      uint64   `json:"size,omitempty"`
	ReadOnly  bool     `json:"readonly,omitempty"`
	Origin    string   `json:"origin,omitempty"`
	Destroyed bool     `json:"destroyed,omitempty"`
	Snapshots []string `json:"snapshots"`
}

// fateDoc is the answer to a destroy.
type fateDoc struct {
	Hidden bool     `json:"hidden"`
	Needed []string `json:"needed,omitempty"`
}

// errorDoc is the answer to a failed request.
type errorDoc struct {
	Error string `json:"error"`
}

// errRequest means that the request itself is invalid.
var errRequest = errors.New("bad request")

// handler serves volumes over HTTP.
func handler(v *volumes.Service) http.Handler {
	mux := http.NewServeMux()
	answer := func(pattern string, do func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			doc, err := do(r)
			status := http.StatusOK
			if err != nil {
				doc, status = errorDoc{err.Error()}, statusOf(err)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(doc) // the client may have disconnected
		})
	}
	answer("GET /volumes", func(r *http.Request) (any, error) { return list(r, v) })
	answer("POST /volumes/{volume}", func(r *http.Request) (any, error) { return struct{}{}, create(r, v) })
	answer("DELETE /volumes/{volume}", func(r *http.Request) (any, error) {
		return destroy(r, v, r.PathValue("volume"))
	})
	answer("POST /volumes/{volume}/snapshots/{snapshot}", func(r *http.Request) (any, error) {
		return struct{}{}, v.Snapshot(r.Context(), snapshotName(r))
	})
	answer("DELETE /volumes/{volume}/snapshots/{snapshot}", func(r *http.Request) (any, error) {
		return destroy(r, v, snapshotName(r))
	})
	answer("POST /volumes/{volume}/snapshots/{snapshot}/rollback", func(r *http.Request) (any, error) {
		return struct{}{}, v.Rollback(r.Context(), snapshotName(r))
	})
	return mux
}

// snapshotName returns the snapshot's name in a request's path.
func snapshotName(r *http.Request) string {
	return r.PathValue("volume") + "@" + r.PathValue("snapshot")
}

func list(r *http.Request, v *volumes.Service) (any, error) {
	all, err := v.List(r.Context())
	if err != nil {
		return nil, err
	}
	docs := []volumeDoc{}
	for _, o := range all {
		doc := volumeDoc{
			Name: o.Name, Dataset: o.Dataset, Type: o.Type.String(), Size: o.Size, ReadOnly: o.ReadOnly,
			Origin: o.Origin, Destroyed: o.Destroyed, Snapshots: []string{},
		}
		for _, s := range o.Snapshots {
			doc.Snapshots = append(doc.Snapshots, s.Name)
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

func create(r *http.Request, v *volumes.Service) error {
	var want newVolume
	dec := json.NewDecoder(io.LimitReader(r.Body, maxRequest))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&want); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	props := make(prop.Values)
	for name, text := range want.Props {
		props[prop.Prop(name)] = prop.String(text)
	}
	name := r.PathValue("volume")
	switch {
	case want.From == "" && (want.Copy || want.ReadOnly):
		return fmt.Errorf("%w: copy and readonly need from", errRequest)
	case want.From == "":
		return v.Create(r.Context(), name, &volumes.CreateOptions{Size: want.Size, Props: props})
	case want.Size != 0:
		return fmt.Errorf("%w: size cannot be used with from", errRequest)
	}
	opts := &volumes.CloneOptions{ReadOnly: want.ReadOnly, Props: props}
	if want.Copy {
		return v.Copy(r.Context(), want.From, name, opts)
	}
	return v.Clone(r.Context(), want.From, name, opts)
}

func destroy(r *http.Request, v *volumes.Service, name string) (any, error) {
	opts := &volumes.DestroyOptions{Snapshots: r.URL.Query().Get("snapshots") == "1"}
	fate, err := v.Destroy(r.Context(), name, opts)
	if err != nil {
		return nil, err
	}
	return fateDoc{fate.Hidden, fate.Needed}, nil
}

// statusOf returns the HTTP status for an error.
func statusOf(err error) int {
	for _, row := range []struct {
		err    error
		status int
	}{
		{errRequest, http.StatusBadRequest},
		{zfs.ErrInvalidName, http.StatusBadRequest},
		{zfs.ErrInvalidProp, http.StatusBadRequest},
		{zfs.ErrNotFound, http.StatusNotFound},
		{zfs.ErrExists, http.StatusConflict},
		{zfs.ErrBusy, http.StatusLocked},
		{zfs.ErrHasChildren, http.StatusLocked},
		{zfs.ErrPermission, http.StatusForbidden},
		{zfs.ErrNoSpace, http.StatusInsufficientStorage},
		{zfs.ErrQuota, http.StatusInsufficientStorage},
	} {
		if errors.Is(err, row.err) {
			return row.status
		}
	}
	return http.StatusInternalServerError
}
