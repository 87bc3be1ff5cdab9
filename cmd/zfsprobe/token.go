package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/purezfs/purezfs/cmd/zfsprobe/internal/show"
	"github.com/purezfs/purezfs/zfs/stream"
	"github.com/spf13/cobra"
)

func (a *app) tokenCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "token TOKEN|-",
		Short: "Decode a resume token",
		Long: `Token shows the content of a resume token, the value of the property
receive_resume_token: the snapshot, how much of it was received, and the options for sending the rest.
It verifies the checksum; for an invalid token it prints the error and returns exit code 1. It needs
no kernel.

  zfsprobe token $(zfs get -H -o value receive_resume_token tank/copy)`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.token(cmd.Context(), args[0]) },
	}
}

func (a *app) token(ctx context.Context, text string) error {
	if text == "-" {
		b, err := a.readFile(ctx, text)
		if err != nil {
			return err
		}
		text = strings.TrimSpace(string(b))
	}
	t, err := stream.ParseToken(text)
	if err != nil {
		return a.badToken(err)
	}
	from := "none, it is a full stream"
	if t.FromGUID != 0 {
		from = strconv.FormatUint(t.FromGUID, 10)
	}
	with := strings.Join(tokenFlags(t), " ")
	if with == "" {
		with = "nothing special"
	}
	pairs := []string{
		"snapshot", strconv.Quote(t.ToName), "guid", strconv.FormatUint(t.ToGUID, 10), "from guid", from,
		"object", strconv.FormatUint(t.Object, 10), "offset", strconv.FormatUint(t.Offset, 10),
		"received", fmt.Sprintf("%d bytes", t.Bytes), "sent with", with, "byte order", byteOrder(t.BigEndian) + "-endian",
	}
	if t.RedactSnaps != nil {
		pairs = append(pairs, "redacted for", fmt.Sprint(t.RedactSnaps))
	}
	if t.BookRedactSnaps != nil {
		pairs = append(pairs, "from redacted for", fmt.Sprint(t.BookRedactSnaps))
	}
	return a.print(newTokenJSON(t), show.Fields(pairs...).Emit)
}

// badToken prints what is wrong with a token.
func (a *app) badToken(err error) error {
	if !errors.Is(err, stream.ErrToken) {
		return err
	}
	b := show.NewNotes()
	b.Addf("%v\n", err)
	return found(a.print(struct {
		Schema string `json:"schema"`
		Error  string `json:"error"`
	}{"zfsprobe.token-error/1", err.Error()}, b.Emit))
}

// tokenFlags names the flags of zfs send that a token asks for.
func tokenFlags(t *stream.Token) []string {
	names := []string{}
	for _, f := range []struct {
		name string
		set  bool
	}{{"large_block", t.LargeBlock}, {"embed", t.Embed}, {"compressed", t.Compress}, {"raw", t.Raw}} {
		if f.set {
			names = append(names, f.name)
		}
	}
	return names
}

// tokenJSON is the document of a token.
type tokenJSON struct {
	Schema          string   `json:"schema"`
	ToName          string   `json:"to_name"`
	ToGUID          uint64   `json:"to_guid"`
	FromGUID        uint64   `json:"from_guid,omitempty"`
	Object          uint64   `json:"object"`
	Offset          uint64   `json:"offset"`
	Bytes           uint64   `json:"bytes"`
	Flags           []string `json:"flags"`
	RedactSnaps     []uint64 `json:"redact_snaps,omitempty"`
	BookRedactSnaps []uint64 `json:"book_redact_snaps,omitempty"`
	ByteOrder       string   `json:"byte_order"`
}

func newTokenJSON(t *stream.Token) tokenJSON {
	return tokenJSON{
		"zfsprobe.token/1", t.ToName, t.ToGUID, t.FromGUID, t.Object, t.Offset, t.Bytes, tokenFlags(t),
		t.RedactSnaps, t.BookRedactSnaps, byteOrder(t.BigEndian),
	}
}
