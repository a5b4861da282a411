package domain

import (
	"fmt"
	"time"
)

// Date is a day of the calendar, without a time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day of a time in its location.
func DateOf(at time.Time) Date {
	year, month, day := at.Date()
	return Date{year, month, day}
}

// ParseDate reads "YYYY-MM-DD".
func ParseDate(text string) (Date, error) {
	at, err := time.Parse(time.DateOnly, text)
	return DateOf(at), err
}

// String is "YYYY-MM-DD", and nothing for no date.
func (d Date) String() string {
	if d == (Date{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Plus is the date so many days later.
func (d Date) Plus(days int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+days, 0, 0, 0, 0, time.UTC))
}

// Before reports whether the date comes before the other.
func (d Date) Before(other Date) bool { return d.number() < other.number() }

func (d Date) number() int { return (d.Year*100+int(d.Month))*100 + d.Day }

// weekday counts from 1, Monday, to 7, Sunday.
func (d Date) weekday() int {
	return (int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday())+6)%7 + 1
}

// Calendar says on which days a place ships.
type Calendar struct {
	// Location is its time zone; nil is UTC.
	Location *time.Location
	// Closed are the weekdays on which it does not ship, by 1, Monday, to 7, Sunday.
	Closed map[int]bool
	// Holidays are further days.
	Holidays map[Date]bool
	// CutOff is the local time of the day, in minutes, after which goods ship on the next open day. Negative: none.
	CutOff int
}

// calendarDays bounds the search for an open day. No calendar has so many holidays in a row.
const calendarDays = 3000

func (c Calendar) open(day Date) bool { return !c.Closed[day.weekday()] && !c.Holidays[day] }

// ShipDate is the day on which goods ship that can be handled from that time on, with so many open days before it that are
// taken by others. It is false when the place is never open.
func (c Calendar) ShipDate(at time.Time, taken int) (Date, bool) {
	local := at.UTC()
	if c.Location != nil {
		local = at.In(c.Location)
	}
	day := DateOf(local)
	if c.CutOff >= 0 && c.open(day) {
		cutOff := time.Date(local.Year(), local.Month(), local.Day(), c.CutOff/60, c.CutOff%60, 0, 0, local.Location())
		if local.After(cutOff) {
			day = day.Plus(1)
		}
	}
	for range calendarDays {
		if c.open(day) {
			if taken == 0 {
				return day, true
			}
			taken--
		}
		day = day.Plus(1)
	}
	return Date{}, false
}

// TransitTime is how long goods travel to a country or a region of it; both empty: to everywhere.
type TransitTime struct {
	Country, Region string
	Days            int
}

// Profile is what promises for dates need to know of a place, beside its stock.
type Profile struct {
	Node
	Calendar
	// Capacity is how many order lines it ships on a day; 0: no limit. Backlog is how many it has still to ship.
	Capacity, Backlog int
	Transits          []TransitTime
}

// Days is how long goods travel to the destination: the most specific match counts, and without one it is no time.
func (p *Profile) Days(country, region string) int {
	best, days := -1, 0
	for _, transit := range p.Transits {
		rank := 0
		if transit.Country != "" {
			rank++
		}
		if transit.Region != "" {
			rank++
		}
		matches := (transit.Country == "" || transit.Country == country) && (transit.Region == "" || transit.Region == region)
		if matches && rank > best {
			best, days = rank, transit.Days
		}
	}
	return days
}
