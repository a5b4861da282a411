package domain

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Node is a place that holds stock and ships. Weekdays, holidays and transit times are kept in order.
type Node struct {
	NodeID            string
	Name              string
	Priority          int64
	Inactive          bool
	TimeZone          string
	ClosedWeekdays    []int64
	Holidays          []string
	CutOff            string
	DailyLineCapacity int64
	TransitTimes      []TransitTime
	WavePicking       bool
	Address           Address
	Version           Version
}

// TransitTime is how long goods travel to a country or a region.
type TransitTime struct {
	CountryCode string `json:"country_code,omitempty"`
	Region      string `json:"region,omitempty"`
	Days        int64  `json:"days"`
}

func (t TransitTime) compare(other TransitTime) int {
	return cmp.Or(cmp.Compare(t.CountryCode, other.CountryCode), cmp.Compare(t.Region, other.Region))
}

// Key tells nodes apart.
func (n Node) Key() string { return n.NodeID }

// Seen is the version that the caller has seen.
func (n Node) Seen() Version { return n.Version }

// Normal is the node with its lists in order, each holiday once.
func (n Node) Normal() Node {
	n.ClosedWeekdays, n.Holidays, n.TransitTimes = slices.Clone(n.ClosedWeekdays), slices.Clone(n.Holidays), slices.Clone(n.TransitTimes)
	slices.Sort(n.ClosedWeekdays)
	slices.Sort(n.Holidays)
	n.Holidays = slices.Compact(n.Holidays)
	slices.SortFunc(n.TransitTimes, TransitTime.compare)
	return n
}

// Wrong names what is wrong with the node by itself, its time zone aside.
func (n Node) Wrong() []fault.Field {
	var fields complaints
	for i, day := range n.Holidays {
		fields.date(fmt.Sprintf("holidays[%d]", i), day)
	}
	type place struct{ country, region string }
	seen := map[place]bool{}
	for i, transit := range n.TransitTimes {
		path := fmt.Sprintf("transit_times[%d]", i)
		if transit.Region != "" && transit.CountryCode == "" {
			fields.add(path+".country_code", "REGION_WITHOUT_COUNTRY", "a region needs its country")
		}
		to := place{transit.CountryCode, transit.Region}
		if seen[to] {
			fields.add(path, "DUPLICATE_TRANSIT_TIME", "the same country and region stand twice")
		}
		seen[to] = true
	}
	return fields.list
}

// Same compares what the node says.
func (n Node) Same(other Node) bool {
	return n.NodeID == other.NodeID && n.Name == other.Name && n.Priority == other.Priority &&
		n.Inactive == other.Inactive && n.TimeZone == other.TimeZone && n.CutOff == other.CutOff &&
		n.DailyLineCapacity == other.DailyLineCapacity && n.WavePicking == other.WavePicking &&
		slices.Equal(n.ClosedWeekdays, other.ClosedWeekdays) && slices.Equal(n.Holidays, other.Holidays) &&
		slices.Equal(n.TransitTimes, other.TransitTimes) && n.Address.Same(other.Address)
}

// Frozen names nothing: all of a node may change.
func (n Node) Frozen(Node, string) []fault.Field { return nil }

// Following is the next version.
func (n Node) Following(stored *Node, now time.Time) Node {
	var before Version
	if stored != nil {
		before = stored.Version
	}
	n.Version = following(before, now)
	return n
}
