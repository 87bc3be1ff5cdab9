package stream

// order is a position in a stream, which decides which records may follow.
type order uint8

const (
	atStart  order = iota // before a stream
	inPlain               // after the Begin of a stream on its own
	inList                // after the Begin of a compound stream
	between               // between the parts of a compound stream
	inPart                // after the Begin of a part
	badOrder              // the record is not allowed here
)

// next returns the position after a record.
func (o order) next(r Record) order {
	begin, isBegin := r.(*Begin)
	_, isEnd := r.(*End)
	switch o {
	case atStart:
		switch {
		case isBegin && begin.Compound:
			return inList
		case isBegin:
			return inPlain
		}
	case inPlain:
		switch {
		case isEnd:
			return atStart
		case !isBegin:
			return inPlain
		}
	case inList:
		if isEnd {
			return between
		}
	case between:
		switch {
		case isBegin && !begin.Compound:
			return inPart
		case isEnd:
			return atStart
		}
	case inPart:
		switch {
		case isEnd:
			return between
		case !isBegin:
			return inPart
		}
	}
	return badOrder
}
