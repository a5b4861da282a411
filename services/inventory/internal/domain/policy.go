package domain

import (
	"cmp"
	"math"
	"slices"
)

// Channel names the way by which an order comes, such as "WEB". Empty: none in particular.
type Channel string

// SafetyStocks are what is kept back of one balance, by channel.
type SafetyStocks map[Channel]int64

// For is what is kept back from a channel: its own amount, else that of the empty channel.
func (s SafetyStocks) For(channel Channel) int64 {
	if own, some := s[channel]; some {
		return own
	}
	return s[""]
}

// Least is what is kept back from every channel.
func (s SafetyStocks) Least() int64 {
	least := s[""]
	for _, kept := range s {
		least = min(least, kept)
	}
	return least
}

// QuotaKey names what a channel may have reserved of an item.
type QuotaKey struct {
	SKU     SKU
	Channel Channel
}

// Quota is how much of an item a channel may have reserved at one time, over all places, and what it has.
type Quota struct {
	QuotaKey
	Quantity, Reserved int64
}

// Left is what the channel may still reserve.
func (q Quota) Left() int64 { return max(q.Quantity-q.Reserved, 0) }

// QuotaMove is a change of what a channel has reserved of an item.
type QuotaMove struct {
	QuotaKey
	Change int64
}

// PutSafetyStock adds what is kept back of a balance from a channel.
func (s *Shelf) PutSafetyStock(key StockKey, channel Channel, quantity int64) {
	kept := s.safety[key]
	if kept == nil {
		kept = SafetyStocks{}
		s.safety[key] = kept
		if at := s.stocks[key]; at != nil {
			at.safety = kept
		}
	}
	kept[channel] = quantity
}

// PutQuotas adds all quotas that there are for the items.
func (s *Shelf) PutQuotas(skus []SKU, quotas []Quota) {
	for _, sku := range skus {
		s.policed[sku] = true
	}
	for _, quota := range quotas {
		s.quotas[quota.QuotaKey] = quota
	}
}

// promise changes what is reserved of a balance for a channel. The channel's quota follows, if it has one.
func (s *Shelf) promise(at *stock, channel Channel, change int64) {
	at.reserve(change)
	if channel == "" || change == 0 {
		return
	}
	key := QuotaKey{at.SKU, channel}
	if _, limited := s.quotas[key]; limited || !s.policed[at.SKU] {
		s.quotaMoves[key] += change
	}
}

// quotaLeft is what the channel may still reserve of an item.
func (s *Shelf) quotaLeft(sku SKU, channel Channel) int64 {
	quota, limited := s.quotas[QuotaKey{sku, channel}]
	if !limited {
		return math.MaxInt64
	}
	quota.Reserved += s.quotaMoves[quota.QuotaKey]
	return quota.Left()
}

// sellableTo is what may be promised to a channel.
func (s *stock) sellableTo(channel Channel) int64 { return s.Sellable(s.node, s.safety.For(channel)) }

// sellableToAny is what may be promised to the channel from which least is kept back.
func (s *stock) sellableToAny() int64 { return s.Sellable(s.node, s.safety.Least()) }

// QuotaMoved is how what a channel has reserved of an item has changed on the shelf.
func (s *Shelf) QuotaMoved(key QuotaKey) int64 { return s.quotaMoves[key] }

// SellableTo is what may be promised of a balance to a channel: what its safety stock leaves, and its quota.
func (s *Shelf) SellableTo(key StockKey, channel Channel) int64 {
	at := s.stocks[key]
	if at == nil {
		return 0
	}
	return min(at.sellableTo(channel), s.quotaLeft(key.SKU, channel))
}

// QuotasOf are the quotas of the channel, by item.
func (s *Shelf) QuotasOf(channel Channel) []Quota {
	var found []Quota
	for key, quota := range s.quotas {
		if key.Channel == channel {
			found = append(found, quota)
		}
	}
	slices.SortFunc(found, func(a, b Quota) int { return cmp.Compare(a.SKU, b.SKU) })
	return found
}

// Touch gives the balances of the keys a new version, as far as they are on the shelf: what may be promised of them has
// changed by something that is no part of them.
func (s *Shelf) Touch(keys []StockKey) {
	for _, key := range keys {
		if at := s.stocks[key]; at != nil {
			at.changed = true
		}
	}
}
