package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
	_ "time/tzdata" // places name their zones; a small image has none

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// NodeCalendar is when a place ships, how much, and how long goods travel from it, as it is stored: fields are added, never
// given another meaning.
type NodeCalendar struct {
	TimeZone string        `json:"time_zone,omitempty"`
	Closed   []int         `json:"closed,omitempty"`
	Holidays []string      `json:"holidays,omitempty"`
	CutOff   string        `json:"cut_off,omitempty"`
	Capacity int           `json:"capacity,omitempty"`
	Transits []NodeTransit `json:"transits,omitempty"`
}

// NodeTransit is how long goods travel to a country or a region of it.
type NodeTransit struct {
	Country string `json:"country,omitempty"`
	Region  string `json:"region,omitempty"`
	Days    int    `json:"days"`
}

// profile reads a stored calendar. What cannot be read of it is as if it were not there: a promise without a holiday is better
// than none.
func (c NodeCalendar) profile(node domain.Node) domain.Profile {
	made := domain.Profile{
		Node: node, Capacity: c.Capacity,
		Calendar: domain.Calendar{CutOff: -1, Closed: map[int]bool{}, Holidays: map[domain.Date]bool{}},
	}
	if location, err := time.LoadLocation(c.TimeZone); err == nil {
		made.Location = location
	}
	for _, closed := range c.Closed {
		made.Closed[closed] = true
	}
	for _, holiday := range c.Holidays {
		if date, err := domain.ParseDate(holiday); err == nil {
			made.Holidays[date] = true
		}
	}
	if at, err := time.Parse("15:04", c.CutOff); err == nil {
		made.CutOff = at.Hour()*60 + at.Minute()
	}
	for _, transit := range c.Transits {
		made.Transits = append(made.Transits, domain.TransitTime(transit))
	}
	return made
}

// ReadMarkets gives for each of the items all that a promise to the channel depends on, as it is committed: every place that
// has stock or dated supply until then, the preferred ones first.
func ReadMarkets(
	ctx context.Context, db DBTX, skus []string, channel domain.Channel, now, until time.Time,
) (map[domain.SKU]*domain.Market, error) {
	r := marketReader{ctx: ctx, queries: New(db), markets: make(map[domain.SKU]*domain.Market, len(skus))}
	for _, sku := range skus {
		r.markets[domain.SKU(sku)] = &domain.Market{Left: math.MaxInt64}
	}
	for _, read := range []func() error{
		r.nodes,
		func() error { return r.stock(skus, channel) },
		func() error { return r.limits(skus, channel) },
		func() error { return r.dates(skus, now, until) },
	} {
		if err := read(); err != nil {
			return nil, database.Fault(ctx, err)
		}
	}
	for _, market := range r.markets {
		slices.SortFunc(market.Sites, func(a, b domain.Site) int { return domain.CompareNodes(a.Node, b.Node) })
	}
	return r.markets, nil
}

type marketReader struct {
	ctx      context.Context
	queries  *Queries
	profiles map[domain.NodeID]domain.Profile
	markets  map[domain.SKU]*domain.Market
}

func (r *marketReader) nodes() error {
	rows, err := r.queries.LoadCalendars(r.ctx)
	if err != nil {
		return err
	}
	r.profiles = make(map[domain.NodeID]domain.Profile, len(rows))
	var limited []string
	for _, row := range rows {
		var stored NodeCalendar
		if err := json.Unmarshal(row.Calendar, &stored); err != nil {
			return fmt.Errorf("stored calendar of %s: %w", row.NodeID, err)
		}
		node := domain.Node{ID: domain.NodeID(row.NodeID), Priority: row.Priority, Inactive: row.Inactive}
		r.profiles[node.ID] = stored.profile(node)
		if stored.Capacity > 0 {
			limited = append(limited, row.NodeID)
		}
	}
	if len(limited) == 0 {
		return nil
	}
	backlogs, err := r.queries.Backlogs(r.ctx, limited)
	for _, row := range backlogs {
		profile := r.profiles[domain.NodeID(row.NodeID)]
		profile.Backlog = int(row.Lines)
		r.profiles[profile.ID] = profile
	}
	return err
}

// site finds the place in the item's market, or begins it. A place that is not known serves nothing.
func (r *marketReader) site(sku, node string) *domain.Site {
	market := r.markets[domain.SKU(sku)]
	for i := range market.Sites {
		if market.Sites[i].ID == domain.NodeID(node) {
			return &market.Sites[i]
		}
	}
	profile, known := r.profiles[domain.NodeID(node)]
	if !known {
		profile = domain.Profile{Node: domain.Node{ID: domain.NodeID(node), Priority: math.MaxInt64, Inactive: true}}
	}
	market.Sites = append(market.Sites, domain.Site{Profile: profile})
	return &market.Sites[len(market.Sites)-1]
}

func (r *marketReader) stock(skus []string, channel domain.Channel) error {
	rows, err := r.queries.ReadBalancesOfItems(r.ctx, skus)
	if err != nil {
		return err
	}
	for _, row := range rows {
		site := r.site(row.Sku, row.NodeID)
		balance := toBalance(row)
		site.Free, site.Kept, site.Frozen = balance.Available(), balance.KeptBack(0), row.Frozen
	}
	kept, err := r.queries.LoadSafetyStocks(r.ctx, skus)
	if err != nil {
		return err
	}
	amounts := map[domain.StockKey]domain.SafetyStocks{}
	for _, row := range kept {
		key := domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)}
		if amounts[key] == nil {
			amounts[key] = domain.SafetyStocks{}
		}
		amounts[key][domain.Channel(row.Channel)] = row.Quantity
	}
	for key, amount := range amounts {
		r.site(string(key.SKU), string(key.Node)).Kept += amount.For(channel)
	}
	return nil
}

func (r *marketReader) limits(skus []string, channel domain.Channel) error {
	quotas, err := r.queries.LoadQuotas(r.ctx, skus)
	for _, row := range quotas {
		if domain.Channel(row.Channel) == channel {
			r.markets[domain.SKU(row.Sku)].Left = domain.Quota{Quantity: row.Quantity, Reserved: row.Reserved}.Left()
		}
	}
	return err
}

func (r *marketReader) dates(skus []string, now, until time.Time) error {
	supply, err := r.queries.LoadSupply(r.ctx, LoadSupplyParams{Skus: skus, Now: now, Until: until})
	if err != nil {
		return err
	}
	for _, row := range supply {
		site := r.site(row.Sku, row.NodeID)
		site.Supply = append(site.Supply, domain.Dated{At: row.ExpectedAt, Quantity: row.Quantity})
	}
	waiting, err := r.queries.LoadUncovered(r.ctx, skus)
	for _, row := range waiting {
		market := r.markets[domain.SKU(row.Sku)]
		market.Demand = append(market.Demand, domain.Dated{At: row.NeededAt, Quantity: row.Quantity})
	}
	return err
}

// SavePlans stores plans, each item, place, document and line once in the set, and gives what is planned now, in their order.
func SavePlans(ctx context.Context, tx database.Transaction, plans []domain.Plan) ([]domain.Plan, error) {
	queries := New(tx)
	var asked LockPlansParams
	for _, plan := range plans {
		asked.Skus = append(asked.Skus, string(plan.SKU))
		asked.NodeIds = append(asked.NodeIds, string(plan.Node))
		asked.Documents = append(asked.Documents, plan.Document)
	}
	rows, err := queries.LockPlans(ctx, asked)
	if err != nil {
		return nil, err
	}
	stored := make(map[domain.PlanKey]domain.Plan, len(rows))
	for _, row := range rows {
		key := domain.PlanKey{StockKey: domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)}, Document: row.Document, Line: int32(row.Line)}
		plan := domain.Plan{PlanKey: key, Quantity: row.Expected, Version: row.Version}
		if row.ExpectedAt.Valid {
			plan.ExpectedAt = row.ExpectedAt.Time
		}
		stored[key] = plan
	}
	kept := make([]domain.Plan, len(plans))
	for i, plan := range plans {
		kept[i] = plan.After(stored[plan.PlanKey])
	}
	var set SavePlansParams
	for _, plan := range slices.SortedFunc(slices.Values(kept), func(a, b domain.Plan) int { return a.Compare(b.PlanKey) }) {
		set.Skus = append(set.Skus, string(plan.SKU))
		set.NodeIds = append(set.NodeIds, string(plan.Node))
		set.Documents = append(set.Documents, plan.Document)
		set.Lines = append(set.Lines, int64(plan.Line))
		set.Expected = append(set.Expected, plan.Quantity)
		set.ExpectedAt = append(set.ExpectedAt, storedTime(plan.ExpectedAt))
		set.Versions = append(set.Versions, plan.Version)
	}
	return kept, queries.SavePlans(ctx, set)
}
