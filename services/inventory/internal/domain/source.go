package domain

import (
	"cmp"
	"math/bits"
	"slices"
)

const (
	// exactNodes and exactWork bound the exhaustive search for the fewest places; beyond them the search is greedy.
	exactNodes = 16
	exactWork  = 1 << 21
)

// sourcing decides from where one request is served: from as few places as possible, since each is a shipment of its
// own; among equal choices from those that come first; and a line is split over places only when none has enough. It
// keeps its memory from one request to the next.
type sourcing struct {
	groups  []group
	bySKU   map[SKU]int
	lines   []sourcedLine
	supply  []supply
	nodes   []*Node
	chosen  []bool // by position in nodes
	ordered []int
}

// group is the demand of a request for one item: lines with the same item share what there is.
type group struct {
	need, available, fill int64
	supply                []supply
}

// supply is what one place has of an item. The places stand in order of preference.
type supply struct {
	at   *stock
	node int // position in nodes
	free int64
}

type sourcedLine struct {
	want  WantLine
	group *group
	fill  int64
}

// prepare finds out what the request can get at most from places that are not excluded, when the hold that it replaces, if
// there is one, is given back for it.
func (p *sourcing) prepare(shelf *Shelf, want *Want, turn QueuePosition, hold *Reservation, excluded []NodeID) {
	p.groups, p.lines, p.supply, p.nodes = p.groups[:0], p.lines[:0], p.supply[:0], p.nodes[:0]
	if cap(p.groups) < len(want.Lines) {
		p.groups = make([]group, 0, len(want.Lines)) // never grows below: lines point into it
	}
	clear(p.bySKU)
	if p.bySKU == nil {
		p.bySKU = make(map[SKU]int)
	}
	for _, line := range want.Lines {
		at, known := p.bySKU[line.SKU]
		if !known {
			at = len(p.groups)
			p.bySKU[line.SKU] = at
			p.groups = append(p.groups, p.open(shelf, want, turn, hold, line.SKU, excluded))
		}
		wanted := &p.groups[at]
		wanted.need = sum(wanted.need, line.Quantity)
		p.lines = append(p.lines, sourcedLine{want: line, group: wanted})
	}
	left := make([]int64, len(p.groups))
	for i := range p.groups {
		p.groups[i].fill = min(p.groups[i].need, p.groups[i].available)
		left[i] = p.groups[i].fill
	}
	for i := range p.lines {
		line := &p.lines[i]
		at := p.bySKU[line.want.SKU]
		line.fill = min(line.want.Quantity, left[at])
		left[at] -= line.fill
	}
}

// open lists what there is of an item for the request.
func (p *sourcing) open(shelf *Shelf, want *Want, turn QueuePosition, hold *Reservation, sku SKU, excluded []NodeID) group {
	hidden, some := shelf.hidden[sku]
	behind := some && hidden.compare(turn) < 0
	if behind && hold == nil {
		return group{}
	}
	first := len(p.supply)
	var opened group
	for _, at := range shelf.bySKU[sku] {
		free := at.freeFor(want.Channel, hold)
		if behind { // only what is its own already
			free = min(free, hold.holds(at.StockKey))
		}
		if free == 0 || slices.Contains(excluded, at.Node) {
			continue
		}
		opened.available = sum(opened.available, free)
		p.supply = append(p.supply, supply{at: at, node: p.position(at.node), free: free})
	}
	opened.available = min(opened.available, sum(shelf.quotaLeft(sku, want.Channel), hold.inChannel(sku, want.Channel)))
	opened.supply = p.supply[first:len(p.supply):len(p.supply)]
	return opened
}

func (p *sourcing) position(node *Node) int {
	at := slices.Index(p.nodes, node)
	if at < 0 {
		at = len(p.nodes)
		p.nodes = append(p.nodes, node)
	}
	return at
}

// short reports whether some line cannot be served whole.
func (p *sourcing) short() bool {
	for i := range p.groups {
		if p.groups[i].fill < p.groups[i].need {
			return true
		}
	}
	return false
}

// place chooses the places and says what each line gets from where. What it does not get waits or stays unfilled.
func (p *sourcing) place(mayWait bool) []LineOutcome {
	p.choose()
	outcomes := make([]LineOutcome, len(p.lines))
	// Large lines first, so that a small one does not take the last place that could serve a large one whole.
	p.ordered = p.ordered[:0]
	for i := range p.lines {
		p.ordered = append(p.ordered, i)
	}
	if len(p.groups) < len(p.lines) {
		slices.SortStableFunc(p.ordered, func(a, b int) int { return cmp.Compare(p.lines[b].fill, p.lines[a].fill) })
	}
	for _, i := range p.ordered {
		line := &p.lines[i]
		outcomes[i] = LineOutcome{Line: line.want.Line, SKU: line.want.SKU, Placed: p.take(line.group, line.fill)}
		if rest := line.want.Quantity - line.fill; mayWait {
			outcomes[i].Backordered = rest
		} else {
			outcomes[i].Unfilled = rest
		}
	}
	return outcomes
}

// take serves a quantity from the chosen places: from the first that has all of it, else from those with the most.
func (p *sourcing) take(from *group, quantity int64) []Placement {
	if quantity == 0 {
		return nil
	}
	for i := range from.supply {
		if here := &from.supply[i]; p.chosen[here.node] && here.free >= quantity {
			here.free -= quantity
			return []Placement{{here.at.Node, quantity}}
		}
	}
	byFree := make([]*supply, 0, len(from.supply))
	for i := range from.supply {
		if here := &from.supply[i]; p.chosen[here.node] && here.free > 0 {
			byFree = append(byFree, here)
		}
	}
	slices.SortStableFunc(byFree, func(a, b *supply) int { return cmp.Compare(b.free, a.free) })
	var placed []Placement
	for _, here := range byFree {
		part := min(here.free, quantity)
		here.free -= part
		placed = append(placed, Placement{here.at.Node, part})
		if quantity -= part; quantity == 0 {
			break
		}
	}
	return placed
}

// choose finds the fewest places that together serve every group's fill, the preferred ones among equals.
func (p *sourcing) choose() {
	p.orderNodes()
	p.chosen = append(p.chosen[:0], make([]bool, len(p.nodes))...)
	for at := range p.nodes {
		if p.servedBy(at) {
			p.chosen[at] = true
			return
		}
	}
	if len(p.nodes) <= exactNodes && (len(p.lines)+1)<<len(p.nodes) <= exactWork {
		for size := 2; size <= len(p.nodes); size++ {
			if found, ok := p.search(0, 0, size); ok {
				for at := range p.nodes {
					p.chosen[at] = found&(1<<at) != 0
				}
				return
			}
		}
	}
	p.greedy()
}

// orderNodes puts the places into order of preference; they were found in that of the first item that has them.
func (p *sourcing) orderNodes() {
	if slices.IsSortedFunc(p.nodes, func(a, b *Node) int { return CompareNodes(*a, *b) }) {
		return
	}
	before := slices.Clone(p.nodes)
	slices.SortFunc(p.nodes, func(a, b *Node) int { return CompareNodes(*a, *b) })
	moved := make([]int, len(before))
	for i, node := range before {
		moved[i] = slices.Index(p.nodes, node)
	}
	for i := range p.groups {
		for j := range p.groups[i].supply {
			here := &p.groups[i].supply[j]
			here.node = moved[here.node]
		}
	}
}

func (p *sourcing) servedBy(node int) bool {
	for i := range p.groups {
		if !p.groups[i].covered(func(at int) bool { return at == node }) {
			return false
		}
	}
	return true
}

func (g *group) covered(chosen func(node int) bool) bool {
	left := g.fill
	for i := range g.supply {
		if left <= 0 {
			break
		}
		if chosen(g.supply[i].node) {
			left -= g.supply[i].free
		}
	}
	return left <= 0
}

// search tries the sets of the given size that extend chosen by places from next on, preferred ones first.
func (p *sourcing) search(chosen uint32, next, size int) (uint32, bool) {
	if bits.OnesCount32(chosen) == size {
		for i := range p.groups {
			if !p.groups[i].covered(func(at int) bool { return chosen&(1<<at) != 0 }) {
				return 0, false
			}
		}
		return chosen, true
	}
	for at := next; at <= len(p.nodes)-(size-bits.OnesCount32(chosen)); at++ {
		if found, ok := p.search(chosen|1<<at, at+1, size); ok {
			return found, true
		}
	}
	return 0, false
}

// greedy takes the place that adds most to the lines that can be served, until all are.
func (p *sourcing) greedy() {
	left := make([]int64, len(p.groups))
	for i := range p.groups {
		left[i] = p.groups[i].fill
	}
	for {
		whole, units := make([]int, len(p.nodes)), make([]int64, len(p.nodes))
		for i := range p.groups {
			for _, here := range p.groups[i].supply {
				if gain := min(left[i], here.free); gain > 0 && !p.chosen[here.node] {
					units[here.node] = sum(units[here.node], gain)
					if gain == left[i] {
						whole[here.node]++
					}
				}
			}
		}
		best := -1
		for at := range p.nodes {
			if units[at] > 0 && (best < 0 || whole[at] > whole[best] || whole[at] == whole[best] && units[at] > units[best]) {
				best = at
			}
		}
		if best < 0 {
			return
		}
		p.chosen[best] = true
		for i := range p.groups {
			for _, here := range p.groups[i].supply {
				if here.node == best {
					left[i] -= min(left[i], here.free)
				}
			}
		}
	}
}
