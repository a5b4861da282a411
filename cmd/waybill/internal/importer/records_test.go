package importer

import (
	"encoding/csv"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestAQuoteThatIsNeverClosedSpoilsItsOwnRowAlone(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       [][]string // nil: refused
	}{
		{"plain", "a,b\nc,d", [][]string{{"a", "b"}, {"c", "d"}}},
		{"line ends and empty lines", "a,b\r\n\r\n\nc,d\r\n", [][]string{{"a", "b"}, {"c", "d"}}},
		{"a field over lines", "a,\"b\nb\"\nc,d\n", [][]string{{"a", "b\nb"}, {"c", "d"}}},
		{"quotes in quotes", `a,"say ""x"""` + "\nc,d\n", [][]string{{"a", `say "x"`}, {"c", "d"}}},
		{"never closed", "a,\"b\nc,d\ne,f\n", [][]string{nil, {"c", "d"}, {"e", "f"}}},
		{"two bare quotes far apart", "a,5\" disk\nc,d\ne,3\" disk\ng,h\n", [][]string{nil, {"c", "d"}, nil, {"g", "h"}}},
		{"never closed, long file", "a,\"b\n" + strings.Repeat("c,d\n", maxRecordLines),
			append([][]string{nil}, repeat([]string{"c", "d"}, maxRecordLines)...)},
		{"nothing", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got [][]string
			records := newRecords(strings.NewReader(c.text))
			for {
				values, err := records.next()
				if errors.Is(err, io.EOF) {
					break
				}
				if _, wrong := errors.AsType[*csv.ParseError](err); err != nil && !wrong {
					t.Fatal(err)
				}
				got = append(got, values)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Fatalf("read %q, want %q", got, c.want)
			}
		})
	}
}

func TestAFileWithoutLineEndsIsRefused(t *testing.T) {
	_, err := newRecords(strings.NewReader(strings.Repeat("x", maxLineBytes+1))).next()
	if err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Fatalf("the answer is %v", err)
	}
}

func repeat(values []string, n int) [][]string {
	many := make([][]string, n)
	for i := range many {
		many[i] = values
	}
	return many
}
