package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs/stream"
	"github.com/spf13/cobra"
)

// streamFlags are the flags of stream.
type streamFlags struct {
	dump    bool
	check   bool
	secrets bool
	redup   bool
}

func (a *app) streamCommand() *cobra.Command {
	var f streamFlags
	cmd := &cobra.Command{
		Use:   "stream FILE|-",
		Short: "Show and verify a send stream",
		Long: `Stream shows the content of a send stream, in either byte order, plain or
compound: snapshots, records by type, and the features that a receiver needs. It verifies all
checksums. For a malformed or truncated stream it prints the byte of the error, and returns exit
code 1. It needs no kernel. With --redup it writes a deduplicated stream (zfs send -D) to standard
output without deduplication, as zstream redup does, so that every release can receive it; the input
must be a file.

  zfs send -R tank@today | zfsprobe stream -
  zfsprobe stream --check backup.zfs
  zfsprobe stream --dump backup.zfs
  zfsprobe stream --redup old.zfs | zfs receive tank/old`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.stream(cmd.Context(), args[0], f) },
	}
	cmd.Flags().BoolVar(&f.dump, "dump", false, "print each record as a line, or with --json as an object")
	cmd.Flags().BoolVar(&f.check, "check", false, "only report whether the stream is valid, and the first error")
	cmd.Flags().BoolVar(&f.secrets, "secrets", false, "also show key material in the lists of --dump")
	cmd.Flags().BoolVar(&f.redup, "redup", false, "write the stream without deduplication to standard output")
	cmd.MarkFlagsMutuallyExclusive("dump", "check", "redup")
	return cmd
}

func (a *app) stream(ctx context.Context, name string, f streamFlags) error {
	in, err := a.openInput(ctx, name)
	if err != nil {
		return err
	}
	defer in.Close()
	if f.redup {
		return a.redupStream(ctx, name, in)
	}
	r := stream.NewReader(in, nil)
	if f.dump {
		return a.streamFault(name, a.dumpStream(r, f.secrets))
	}
	s, err := stream.Summarize(r)
	if f.check {
		return a.printCheck(name, s, err)
	}
	var syntax *stream.SyntaxError
	if err != nil && !errors.As(err, &syntax) {
		return err
	}
	// Of a broken stream, what is there may still be of interest, unless it is
	// none at all.
	if s.Total.Records > 0 {
		if err := a.printSummary(s, syntax); err != nil {
			return err
		}
	}
	if a.json && syntax != nil && s.Total.Records > 0 {
		return errFound // the document has the fault
	}
	return a.streamFault(name, err)
}

// redupStream writes a stream without deduplication.
func (a *app) redupStream(ctx context.Context, name string, in io.Reader) error {
	if show.IsTerminal(a.raw) {
		return errors.New("a stream is not for a terminal; redirect standard output")
	}
	if std, ok := in.(*input); ok {
		in = std.r
		if f, ok := in.(*os.File); ok {
			in = &regularInput{f, ctx}
		}
	}
	file, ok := in.(*regularInput)
	if !ok {
		return errors.New("--redup reads the stream more than once: want a file")
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("--redup reads the stream more than once, and %s is not a file", name)
	}
	return stream.Redup(endingWriter(ctx, a.raw), file, info.Size())
}

// printCheck prints whether a stream is whole.
func (a *app) printCheck(name string, s *stream.Summary, err error) error {
	if err != nil {
		return a.streamFault(name, err)
	}
	b := show.NewNotes()
	b.Addf("%s: valid, %d records, %d bytes\n", name, s.Total.Records, s.Bytes)
	return a.print(struct {
		Schema  string `json:"schema"`
		Records int64  `json:"records"`
		Bytes   int64  `json:"bytes"`
	}{"zfsprobe.stream-check/1", s.Total.Records, s.Bytes}, b.Emit)
}

// streamFault prints where a stream goes wrong. Other errors are no finding.
func (a *app) streamFault(name string, err error) error {
	var syntax *stream.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	b := show.NewNotes()
	b.Addf("%s: malformed: %v\n", name, syntax)
	return found(a.print(struct {
		Schema string `json:"schema"`
		streamFaultJSON
	}{"zfsprobe.stream-error/1", *faultJSON(syntax)}, b.Emit))
}

// streamFaultJSON is a fault in a document.
type streamFaultJSON struct {
	Offset int64  `json:"offset"`
	Record int64  `json:"record"`
	Error  string `json:"error"`
}

func faultJSON(e *stream.SyntaxError) *streamFaultJSON {
	if e == nil {
		return nil
	}
	return &streamFaultJSON{e.Offset, e.Record, e.Err.Error()}
}

// streamKind names the kind of a stream.
func streamKind(s *stream.Summary) string {
	if s.Compound {
		return "compound"
	}
	return "plain"
}

// byteOrder names a byte order.
func byteOrder(bigEndian bool) string {
	if bigEndian {
		return "big"
	}
	return "little"
}

func (a *app) printSummary(s *stream.Summary, syntax *stream.SyntaxError) error {
	features := strings.Join(s.Features.Names(), " ")
	if features == "" {
		features = "none"
	}
	b := show.NewNotes()
	show.Fields(
		"kind", streamKind(s), "byte order", byteOrder(s.BigEndian)+"-endian", "features", features,
		"snapshots", strconv.FormatInt(s.PartCount, 10), "records", strconv.FormatInt(s.Total.Records, 10),
		"payload", fmt.Sprintf("%d bytes", s.Total.Payload), "length", fmt.Sprintf("%d bytes", s.Bytes)).Align(b)
	types := show.Table{Header: []string{"TYPE", "RECORDS", "PAYLOAD"}, Right: map[int]bool{1: true, 2: true}}
	for typ, count := range s.Types {
		if count.Records > 0 {
			types.Add(stream.Type(typ).String(), strconv.FormatInt(count.Records, 10), strconv.FormatInt(count.Payload, 10))
		}
	}
	parts := show.Table{Header: []string{"SNAPSHOT", "GUID", "FROM", "CREATED", "RECORDS", "PAYLOAD"}, Right: map[int]bool{1: true, 2: true, 4: true, 5: true}}
	for _, p := range s.Parts {
		from := "-"
		if p.FromGUID != 0 {
			from = strconv.FormatUint(p.FromGUID, 10)
		}
		parts.Add(strconv.Quote(p.ToName), strconv.FormatUint(p.ToGUID, 10), from,
			dateIn(time.Unix(int64(p.Created), 0).UTC(), time.RFC3339),
			strconv.FormatInt(p.Count.Records, 10), strconv.FormatInt(p.Count.Payload, 10))
	}
	for _, t := range []*show.Table{&types, &parts} {
		if len(t.Rows) > 0 {
			b.Addf("\n")
			t.Align(b)
		}
	}
	return a.print(summaryJSON(s, syntax), b.Emit)
}

// countJSON is a count in a document.
type countJSON struct {
	Records int64 `json:"records"`
	Payload int64 `json:"payload"`
}

// partJSON is a snapshot in a document.
type partJSON struct {
	Offset   int64    `json:"offset"`
	ToName   string   `json:"to_name"`
	ToGUID   uint64   `json:"to_guid"`
	FromGUID uint64   `json:"from_guid,omitempty"`
	Created  uint64   `json:"created,omitempty"`
	Features []string `json:"features"`
	countJSON
}

// streamJSON is the document of a stream.
type streamJSON struct {
	Schema    string               `json:"schema"`
	Kind      string               `json:"kind"`
	ByteOrder string               `json:"byte_order"`
	Features  []string             `json:"features"`
	Unknown   []string             `json:"unknown_features"`
	Bytes     int64                `json:"bytes"`
	Total     countJSON            `json:"total"`
	Types     map[string]countJSON `json:"types"`
	Count     int64                `json:"snapshot_count"`
	Parts     []partJSON           `json:"snapshots"`
	Fault     *streamFaultJSON     `json:"fault,omitempty"`
}

func summaryJSON(s *stream.Summary, syntax *stream.SyntaxError) streamJSON {
	doc := streamJSON{
		Schema: "zfsprobe.stream/1", Kind: streamKind(s), ByteOrder: byteOrder(s.BigEndian),
		Features: s.Features.Names(), Unknown: s.Features.Unknown().Names(), Bytes: s.Bytes, Total: countJSON(s.Total),
		Types: make(map[string]countJSON), Count: s.PartCount, Parts: []partJSON{}, Fault: faultJSON(syntax),
	}
	for typ, count := range s.Types {
		if count.Records > 0 {
			doc.Types[stream.Type(typ).String()] = countJSON(count)
		}
	}
	for _, p := range s.Parts {
		doc.Parts = append(doc.Parts, partJSON{
			p.Offset, p.ToName, p.ToGUID, p.FromGUID, p.Created, p.Features.Names(), countJSON(p.Count),
		})
	}
	return doc
}
