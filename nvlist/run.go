package nvlist

import "reflect"

// run is a row of numbers of 64 bits, which most structs have, packed in advance
// as one piece. That spares a copy for each of them.
type run struct {
	// packed are the pairs by form, with zeros as the values.
	packed [forms]string
	// values are the offsets of the values in packed.
	values [forms][]int
}

// makeRuns finds the runs of a struct.
func (s *structCodec) makeRuns() {
	for i := 0; i < len(s.fields); {
		n := 0
		for i+n < len(s.fields) && s.fields[i+n].inRun() {
			n++
		}
		if n > 1 {
			s.fields[i].run = makeRun(s.fields[i : i+n])
		}
		i += max(n, 1)
	}
}

// inRun reports whether the field is always packed, and in as many bytes.
func (f *structField) inRun() bool {
	return f.template.wide && f.kind == reflect.Uint64 && !f.omitEmpty
}

func makeRun(fields []structField) *run {
	r := new(run)
	for form := range r.packed {
		for i := range fields {
			r.packed[form] += fields[i].template.packed[form]
			r.values[form] = append(r.values[form], len(r.packed[form])-8)
		}
	}
	return r
}

// bind returns pointers to the fields of the run, the first ones of those given,
// or nil if one of them is not bound.
func (r *run) bind(fields []boundField) []*uint64 {
	bound := make([]*uint64, len(r.values[0]))
	for i := range bound {
		if bound[i] = fields[i].number; bound[i] == nil {
			return nil
		}
	}
	return bound
}

// run packs a run with the numbers that its fields have.
func (e *encoder) run(r *run, fields []*uint64) {
	start := len(e.b)
	e.b = append(e.b, r.packed[e.form]...)
	b := e.b[start:]
	for i, at := range r.values[e.form][:len(fields)] {
		put64(b[at:], e.form, *fields[i])
	}
}
