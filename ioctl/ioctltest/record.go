package ioctltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/purezfs/purezfs/ioctl"
	"github.com/purezfs/purezfs/nvlist"
)

// Call is one recorded call: the input and the answer. Lists are stored as they were
// packed, so that a replay is exact.
type Call struct {
	Op        string            `json:"op"` // the C name
	Name      string            `json:"name"`
	In        []byte            `json:"in,omitempty"`
	Conf      []byte            `json:"conf,omitempty"`
	Fields    map[string]uint64 `json:"fields,omitempty"` // numbers sent, by C name
	Value     string            `json:"value,omitempty"`
	Code      ioctl.Code        `json:"code,omitempty"`
	OutName   string            `json:"out_name"`
	OutValue  string            `json:"out_value,omitempty"`
	OutFields map[string]uint64 `json:"out_fields,omitempty"`
	Stats     []byte            `json:"stats,omitempty"`
	Out       []byte            `json:"out,omitempty"`
}

// numbers are the fields that are recorded.
var numbers = [...]ioctl.Field{
	ioctl.FieldGUID, ioctl.FieldCookie, ioctl.FieldObjsetType, ioctl.FieldPermAction, ioctl.FieldObj,
	ioctl.FieldDeferDestroy, ioctl.FieldFlags, ioctl.FieldSimple, ioctl.FieldCreateTxg,
}

// numbersOf reads the fields that are not zero.
func numbersOf(c *ioctl.Cmd) map[string]uint64 {
	m := make(map[string]uint64)
	for _, f := range numbers {
		if v := c.Uint64(f); v != 0 {
			m[f.String()] = v
		}
	}
	return m
}

// Recorder writes every call of a device as one line of JSON. Input lists that
// hold key material are refused: a recording is kept and shared.
type Recorder struct {
	mu  sync.Mutex
	enc *json.Encoder
	err error
}

// NewRecorder returns a Recorder that writes to w.
func NewRecorder(w io.Writer) *Recorder { return &Recorder{enc: json.NewEncoder(w)} }

// Record returns a device that makes every call on d and records it. Like a tap, it
// uses the descriptor of d, see [ioctl.Device.Tap].
func (r *Recorder) Record(d *ioctl.Device) *ioctl.Device {
	return d.Tap(func(op ioctl.Op, c *ioctl.Cmd, next func() error) error {
		call := request(op, c)
		if err := errors.Join(refuseSecrets(call.In), refuseSecrets(call.Conf)); err != nil {
			// The caller gets an errno, as from a kernel. Err returns
			// the reason.
			r.note(fmt.Errorf("%s: %w", call.Op, err))
			return err
		}
		err := next()
		call.answer(c, ioctl.CodeOf(err))
		r.write(call)
		return err
	})
}

// write writes one call.
func (r *Recorder) write(call Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = errors.Join(r.err, r.enc.Encode(call))
}

// note keeps an error for Err.
func (r *Recorder) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = errors.Join(r.err, err)
}

// Err returns nil if the recording is complete. Otherwise it returns the errors of
// the writer, and those of refused calls, which match ErrSecret.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// ErrSecret reports a call that was not made because its input holds key
// material. The call itself fails with EIO; see [Recorder.Err].
var ErrSecret = errors.New("input holds key material")

// refuseSecrets fails for a list that holds a secret pair.
func refuseSecrets(packed []byte) error {
	if len(packed) == 0 {
		return nil
	}
	l, err := nvlist.Decode(packed, nil)
	if err != nil {
		return err
	}
	return refuseSecretPairs(l)
}

// refuseSecretPairs checks the list and all lists in it.
func refuseSecretPairs(l *nvlist.List) error {
	for p := range l.All() {
		if ioctl.Secret(p.Name()) {
			return fmt.Errorf("%w: %s", ErrSecret, p.Name())
		}
		inner, _ := p.Lists()
		if one, ok := p.List(); ok {
			inner = append(inner, one)
		}
		for _, child := range inner {
			if err := refuseSecretPairs(child); err != nil {
				return err
			}
		}
	}
	return nil
}

func request(op ioctl.Op, c *ioctl.Cmd) Call {
	return Call{
		Op: op.String(), Name: c.Text(ioctl.FieldName), Value: c.Text(ioctl.FieldValue),
		In: bytes.Clone(c.In()), Conf: bytes.Clone(c.Conf()), Fields: numbersOf(c),
	}
}

func (call *Call) answer(c *ioctl.Cmd, code ioctl.Code) {
	call.Code = code
	call.OutName, call.OutValue = c.Text(ioctl.FieldName), c.Text(ioctl.FieldValue)
	call.OutFields = numbersOf(c)
	call.Out = bytes.Clone(c.Peek())
	if stats := c.Bytes(ioctl.FieldObjsetStats); !bytes.Equal(stats, make([]byte, len(stats))) {
		call.Stats = bytes.Clone(stats)
	}
}

// ErrUnexpected reports a call that is not in the recording.
var ErrUnexpected = errors.New("call is not in the recording")

// Replay returns a device that answers from a recording. Equal calls get the
// recorded answers one after the other, and then the last one repeatedly. A call
// that was not recorded fails, and report gets an error that matches ErrUnexpected.
func Replay(recording io.Reader, report func(args ...any)) (*ioctl.Device, error) {
	answers := make(map[string][]Call)
	dec := json.NewDecoder(recording)
	for {
		var call Call
		err := dec.Decode(&call)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("recording: %w", err)
		}
		answers[call.key()] = enqueue(answers[call.key()], call)
	}
	var mu sync.Mutex
	return ioctl.NewDevice(func(op ioctl.Op, c *ioctl.Cmd) error {
		mu.Lock()
		defer mu.Unlock()
		sent := request(op, c)
		queue := answers[sent.key()]
		if len(queue) == 0 {
			report(fmt.Errorf("%w: %s %q %v", ErrUnexpected, sent.Op, sent.Name, sent.Fields))
			return ioctl.CodeIocCmdUnavail.Err()
		}
		err := queue[0].play(c)
		// A call whose answer did not fit is repeated, and gets the same
		// answer.
		if len(queue) > 1 && ioctl.CodeOf(err) == queue[0].Code {
			answers[sent.key()] = queue[1:]
		}
		return err
	}), nil
}

// enqueue adds a recorded call to the calls that are equal. An attempt whose answer
// did not fit is replaced by the next attempt, because a replay has buffers of other
// sizes.
func enqueue(queue []Call, call Call) []Call {
	last := len(queue) - 1
	if last >= 0 && queue[last].Code == ioctl.CodeNomem && call.Code != ioctl.CodeNomem {
		queue = queue[:last]
	}
	return append(queue, call)
}

// key is the same for equal calls.
func (call *Call) key() string {
	return fmt.Sprintf("%s\x00%s\x00%s\x00%x\x00%x\x00%v", call.Op, call.Name, call.Value, call.In, call.Conf, call.Fields)
}

// play writes the recorded answer into the command.
func (call *Call) play(c *ioctl.Cmd) error {
	for _, f := range numbers {
		c.SetUint64(f, call.OutFields[f.String()])
	}
	copy(c.Bytes(ioctl.FieldObjsetStats), call.Stats)
	err := errors.Join(c.SetText(ioctl.FieldName, call.OutName), c.SetText(ioctl.FieldValue, call.OutValue))
	// A caller that offers no buffer gets no answer, although the recorded one
	// did.
	if call.Out != nil && c.OutSize() > 0 {
		err = errors.Join(err, c.AnswerBytes(call.Out))
	}
	if call.Code != 0 {
		return call.Code.Err()
	}
	return err
}
