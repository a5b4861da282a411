package domain

import (
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Sift plans an upsert of as much of the wanted set as can be. It decides as Decide does, leaves out what is at fault, and decides
// again without it, because what is left out may have been what others refer to. What is wrong by itself goes first, then what refers
// to what there is not, then one after the other of those that get in each other's way: nothing is left out because of what is not
// taken itself. refer checks what a part of the set refers to, as for Decide. The keys of the set are distinct. What was left out comes
// back by its key, with what is wrong by paths inside the entry.
func Sift[T Entity[T]](
	stored map[string]T, wanted []T, refer func([]T) ([]T, []fault.Field), now time.Time,
) (plan Plan[T], refused map[string][]fault.Field, err error) {
	refused = map[string][]fault.Field{}
	alone := func(set []T) ([]T, []fault.Field) { return set, nil }
	for _, check := range []func([]T) ([]T, []fault.Field){alone, refer} {
		for {
			set, wrong := check(wanted)
			plan, err = Decide(stored, set, "set", wrong, now)
			if err == nil {
				break
			}
			if wanted, err = leaveOut(wanted, err, refused); err != nil {
				return Plan[T]{}, nil, err
			}
		}
	}
	return plan, refused, nil
}

// leaveOut takes out of a set what a refusal names, and notes why.
func leaveOut[T Entity[T]](wanted []T, refusal error, refused map[string][]fault.Field) ([]T, error) {
	found, ok := fault.As(refusal)
	if !ok || len(found.Fields) == 0 {
		return nil, refusal
	}
	atFault := map[int][]fault.Field{}
	for _, one := range found.Fields {
		n := index(one.Path)
		one.Path = inside(one.Path)
		atFault[n] = append(atFault[n], one)
	}
	certain := slices.ContainsFunc(found.Fields, func(one fault.Field) bool { return !contested(one.Reason) })
	rest, left := make([]T, 0, len(wanted)), false
	for n, entry := range wanted {
		fields := atFault[n]
		goes := len(fields) > 0
		if certain {
			goes = slices.ContainsFunc(fields, func(one fault.Field) bool { return !contested(one.Reason) })
		} else {
			goes = goes && !left
		}
		if !goes {
			rest = append(rest, entry)
			continue
		}
		refused[entry.Normal().Key()], left = fields, true
	}
	return rest, nil
}

// contested reports whether a fault may be because of what another entry of the set says.
func contested(reason string) bool {
	switch reason {
	case "CODE_TAKEN", "SUBSTITUTE_DIFFERS", "BILL_TO_DIFFERS", "BILL_TO_CHAINED":
		return true
	}
	return false
}

// inside is the path inside the entry: "units[1].unit" of "items[3].units[1].unit".
func inside(path string) string {
	_, rest, _ := strings.Cut(path, "]")
	return strings.TrimPrefix(rest, ".")
}
