package stream

import "testing"

// Which record may follow which, as words: b a Begin, c that of a compound
// stream, r any other record, e an End.
func TestOrder(t *testing.T) {
	tests := []struct {
		word string
		want order
	}{
		{"b", inPlain},
		{"be", atStart},
		{"brre", atStart},
		{"bebre", atStart},
		{"c", inList},
		{"ce", between},
		{"cee", atStart},
		{"ceb", inPart},
		{"cebrebe", between},
		{"cebreebe", atStart},
		{"ceece", between},
		{"r", badOrder},
		{"e", badOrder},
		{"bb", badOrder},
		{"bc", badOrder},
		{"bee", badOrder},
		{"ber", badOrder},
		{"cr", badOrder},
		{"cb", badOrder},
		{"cc", badOrder},
		{"cer", badOrder},
		{"cec", badOrder},
		{"cebb", badOrder},
		{"cebc", badOrder},
		{"ceer", badOrder},
	}
	records := map[rune]Record{'b': &Begin{}, 'c': &Begin{Compound: true}, 'r': &Free{}, 'e': &End{}}
	for _, tt := range tests {
		t.Run(tt.word, func(t *testing.T) {
			o := atStart
			for i, c := range tt.word {
				if o == badOrder {
					t.Fatalf("refused after %s already", tt.word[:i])
				}
				o = o.next(records[c])
			}
			if o != tt.want {
				t.Errorf("order %d, want %d", o, tt.want)
			}
		})
	}
	for _, rec := range records {
		if badOrder.next(rec) != badOrder {
			t.Errorf("%v is taken after a fault", rec.Type())
		}
	}
}
