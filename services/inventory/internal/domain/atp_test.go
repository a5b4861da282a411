package domain_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

func day(n int) time.Time { return now.AddDate(0, 0, n) }

func TestPromisableIsTheSuffixMinimum(t *testing.T) {
	for _, test := range []struct {
		name           string
		free           int64
		supply, demand []domain.Dated
		want           domain.Curve
	}{
		{"stock alone", 5, nil, nil, domain.Curve{{now, 5}}},
		{"supply comes", 5, []domain.Dated{{day(3), 4}}, nil, domain.Curve{{now, 5}, {day(3), 9}}},
		{"a later demand is not starved", 5, nil, []domain.Dated{{day(3), 4}}, domain.Curve{{now, 1}}},
		{"supply before it covers it", 5, []domain.Dated{{day(2), 4}}, []domain.Dated{{day(3), 4}}, domain.Curve{{now, 5}}},
		{"supply after it does not", 5, []domain.Dated{{day(4), 4}}, []domain.Dated{{day(3), 4}}, domain.Curve{{now, 1}, {day(4), 5}}},
		{"supply that is late does not count", 5, []domain.Dated{{day(-1), 4}}, nil, domain.Curve{{now, 5}}},
		{"demand that is late counts now", 5, nil, []domain.Dated{{day(-1), 4}}, domain.Curve{{now, 1}}},
		{"safety stock is filled first", -3, []domain.Dated{{day(1), 4}}, nil, domain.Curve{{now, 0}, {day(1), 1}}},
		{"never negative", 2, []domain.Dated{{day(1), 1}}, []domain.Dated{{day(2), 9}}, domain.Curve{{now, 0}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := diff.Diff(test.want, domain.Promisable(now, test.free, test.supply, test.demand)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNetworkAddsPlacesAndCapsByTheQuota(t *testing.T) {
	places := []domain.Curve{{{now, 5}, {day(2), 9}}, {{now, 1}}}
	demand := []domain.Dated{{day(1), 3}}
	want := domain.Curve{{now, 3}, {day(2), 6}}
	if diff := diff.Diff(want, domain.Network(now, places, demand, 6)); diff != "" {
		t.Error(diff)
	}
	if got := domain.Network(now, places, demand, 100).At(day(2)); got != 7 {
		t.Errorf("without a quota %d", got)
	}
}

func drawDated(t *rapid.T, what string) []domain.Dated {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) domain.Dated {
		return domain.Dated{At: day(rapid.IntRange(-2, 12).Draw(t, "day")), Quantity: rapid.Int64Range(1, 6).Draw(t, "quantity")}
	}), 0, 6).Draw(t, what)
}

// late serves demand unit by unit, in the order in which it is needed, and says how many units come too late for each.
func late(free int64, supply, demand []domain.Dated) []int64 {
	var units []time.Time // when each unit of supply is there
	for range max(free, 0) {
		units = append(units, now)
	}
	for _, one := range supply {
		if one.At.Before(now) {
			continue
		}
		for range one.Quantity {
			units = append(units, one.At)
		}
	}
	slices.SortFunc(units, time.Time.Compare)
	units = units[min(int(max(-free, 0)), len(units)):] // what is kept back is filled first
	missed := make([]int64, len(demand))
	order := make([]int, len(demand))
	for i := range demand {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return demand[a].At.Compare(demand[b].At) })
	for _, i := range order {
		for range demand[i].Quantity {
			need := demand[i].At
			if need.Before(now) {
				need = now
			}
			if len(units) == 0 || units[0].After(need) {
				missed[i]++
			} else {
				units = units[1:]
			}
		}
	}
	return missed
}

// TestAPromiseNeverStarvesALaterCommittedDemand compares the formula with units that are handed out one by one.
func TestAPromiseNeverStarvesALaterCommittedDemand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		free := rapid.Int64Range(-4, 12).Draw(t, "free")
		supply, demand := drawDated(t, "supply"), drawDated(t, "demand")
		at := day(rapid.IntRange(0, 14).Draw(t, "promised for"))
		promised := domain.Promisable(now, free, supply, demand).At(at)
		before := late(free, supply, demand)
		with := func(quantity int64) (missed []int64) {
			return late(free, supply, append(slices.Clone(demand), domain.Dated{At: at, Quantity: quantity}))
		}
		if promised > 0 {
			if after := with(promised); !slices.Equal(after[:len(demand)], before) || after[len(demand)] > 0 {
				t.Fatalf("%d promised for %v: %v missed before, %v with it", promised, at, before, after)
			}
		}
		more := with(promised + 1)
		if slices.Equal(more[:len(demand)], before) && more[len(demand)] == 0 && !slices.ContainsFunc(before, func(m int64) bool { return m > 0 }) {
			t.Fatalf("%d promised, and one more would do", promised)
		}
	})
}

func TestShipDate(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip(err)
	}
	weekdays := domain.Calendar{Location: london, Closed: map[int]bool{6: true, 7: true}, CutOff: 14 * 60}
	holiday := weekdays
	holiday.Holidays = map[domain.Date]bool{{2026, 3, 30}: true}
	never := domain.Calendar{Closed: map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true}, CutOff: -1}
	for _, test := range []struct {
		name     string
		calendar domain.Calendar
		at       string
		taken    int
		want     string
	}{
		{"before the cut-off", weekdays, "2026-03-27T13:59:00Z", 0, "2026-03-27"},
		{"at the cut-off", weekdays, "2026-03-27T14:00:00Z", 0, "2026-03-27"},
		{"after it, over the weekend", weekdays, "2026-03-27T14:00:01Z", 0, "2026-03-30"},
		{"after it, and Monday is a holiday", holiday, "2026-03-27T14:00:01Z", 0, "2026-03-31"},
		{"summer time: the cut-off is local", weekdays, "2026-03-30T13:30:00Z", 0, "2026-03-31"},
		{"on a closed day the cut-off does not matter", weekdays, "2026-03-28T20:00:00Z", 0, "2026-03-30"},
		{"the local day counts", domain.Calendar{Location: london, CutOff: -1}, "2026-06-30T23:30:00Z", 0, "2026-07-01"},
		{"open days that are taken", weekdays, "2026-03-26T10:00:00Z", 2, "2026-03-30"},
		{"never open", never, "2026-03-26T10:00:00Z", 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, test.at)
			if err != nil {
				t.Fatal(err)
			}
			got, open := test.calendar.ShipDate(at, test.taken)
			if got.String() != test.want || open != (test.want != "") {
				t.Errorf("got %v, %v", got, open)
			}
		})
	}
}

// TestShipDateIsTheFirstOpenDay walks from day to day.
func TestShipDateIsTheFirstOpenDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calendar := drawCalendar(t)
		at := now.Add(time.Duration(rapid.IntRange(0, 20*24*60).Draw(t, "minutes")) * time.Minute)
		got, open := calendar.ShipDate(at, 0)
		if !open {
			t.Fatal("never open")
		}
		if want := naiveShipDate(calendar, at); want != got {
			t.Fatalf("got %v, want %v", got, want)
		}
		if earlier, _ := calendar.ShipDate(at.Add(-time.Hour), 0); got.Before(earlier) {
			t.Fatalf("an hour earlier it ships on %v", earlier)
		}
	})
}

func drawCalendar(t *rapid.T) domain.Calendar {
	calendar := domain.Calendar{
		Location: time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600), Closed: map[int]bool{},
		Holidays: map[domain.Date]bool{}, CutOff: rapid.IntRange(-1, 24*60-1).Draw(t, "cut-off"),
	}
	for _, closed := range rapid.SliceOfN(rapid.IntRange(1, 7), 0, 6).Draw(t, "closed") {
		calendar.Closed[closed] = true
	}
	for _, holiday := range rapid.SliceOfN(rapid.IntRange(0, 30), 0, 5).Draw(t, "holidays") {
		calendar.Holidays[domain.DateOf(day(holiday))] = true
	}
	return calendar
}

func naiveShipDate(calendar domain.Calendar, at time.Time) domain.Date {
	for local := at.In(calendar.Location); ; local = local.Add(time.Minute) {
		weekday := int(local.Weekday())
		if weekday == 0 {
			weekday = 7
		}
		late := calendar.CutOff >= 0 && (local.Hour()*60+local.Minute() > calendar.CutOff ||
			local.Hour()*60+local.Minute() == calendar.CutOff && (local.Second() > 0 || local.Nanosecond() > 0))
		if !calendar.Closed[weekday] && !calendar.Holidays[domain.DateOf(local)] && !late {
			return domain.DateOf(local)
		}
	}
}

func TestTransitOfTheMostSpecificMatch(t *testing.T) {
	profile := domain.Profile{Transits: []domain.TransitTime{{"", "", 9}, {"GB", "", 2}, {"GB", "Orkney", 5}}}
	for destination, want := range map[[2]string]int{{"GB", "Kent"}: 2, {"GB", "Orkney"}: 5, {"FR", ""}: 9, {"", ""}: 9} {
		if got := profile.Days(destination[0], destination[1]); got != want {
			t.Errorf("%v: %d days", destination, got)
		}
	}
	if got := (&domain.Profile{}).Days("GB", ""); got != 0 {
		t.Errorf("without transit times %d", got)
	}
}

func compareDates(a, b domain.Date) int { return cmp.Compare(a.String(), b.String()) }
