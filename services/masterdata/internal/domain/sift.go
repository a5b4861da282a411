package domain

import (
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Sift plans an upsert of as much of the wanted set as can be. It decides as Decide does, leaves out what is at fault, and decides
// again without it, because what is left out may have been what others refer to. refer checks what a part of the set refers to, as
// for Decide. The keys of the set are distinct. What was left out comes back by its key, with what is wrong by paths inside the entry.
func Sift[T Entity[T]](
	stored map[string]T, wanted []T, refer func([]T) ([]T, []fault.Field), now time.Time,
) (Plan[T], map[string][]fault.Field, error) {
	const field = "set"
	refused := map[string][]fault.Field{}
	for {
		set, wrong := refer(wanted)
		plan, err := Decide(stored, set, field, inSet(wrong, field), now)
		if err == nil {
			return plan, refused, nil
		}
		found, ok := fault.As(err)
		if !ok || len(found.Fields) == 0 {
			return Plan[T]{}, nil, err
		}
		atFault := map[int][]fault.Field{}
		for _, one := range found.Fields {
			n := index(one.Path)
			one.Path = inside(one.Path)
			atFault[n] = append(atFault[n], one)
		}
		rest := make([]T, 0, len(wanted))
		for n, entry := range wanted {
			if fields := atFault[n]; fields != nil {
				refused[entry.Normal().Key()] = fields
			} else {
				rest = append(rest, entry)
			}
		}
		wanted = rest
	}
}

// inSet names the list of the paths anew.
func inSet(fields []fault.Field, list string) []fault.Field {
	renamed := make([]fault.Field, 0, len(fields))
	for _, one := range fields {
		if at := strings.IndexByte(one.Path, '['); at >= 0 {
			one.Path = list + one.Path[at:]
		}
		renamed = append(renamed, one)
	}
	return renamed
}

// inside is the path inside the entry: "units[1].unit" of "items[3].units[1].unit".
func inside(path string) string {
	_, rest, _ := strings.Cut(path, "]")
	return strings.TrimPrefix(rest, ".")
}
