package domain

import "cmp"

// Reference is a code as somebody gives it.
type Reference struct {
	// Type is the kind of code; empty: a sku, a GTIN or the partner's own code.
	Type      CodeType
	Code      string
	PartnerID string
}

// SKUKeys are the keys of the items that it may name by their sku.
func (r Reference) SKUKeys() []string {
	if r.Type != "" {
		return nil
	}
	return []string{SKUKey(r.Code)}
}

// Codes are the codes that it may mean, the one that counts first.
func (r Reference) Codes() []CodeKey {
	types := []CodeType{r.Type}
	if r.Type == "" {
		types = []CodeType{GTIN, Buyer, Vendor}
	}
	var codes []CodeKey
	for _, kind := range types {
		code := Code{Type: kind, Code: r.Code, PartnerID: r.PartnerID}
		if kind == GTIN {
			code.PartnerID = ""
		}
		codes = append(codes, code.Key())
	}
	return codes
}

// Resolve is the item that it names and the unit that it stands for. items are those whose keys were asked for, holders the
// keys of the items that have the codes, codes the codes as they are kept.
func (r Reference) Resolve(items map[string]Item, holders map[CodeKey]string, codes map[CodeKey]Code) (Item, string, bool) {
	for _, key := range r.SKUKeys() {
		if item, ok := items[key]; ok {
			return item, item.BaseUnit, true
		}
	}
	for _, key := range r.Codes() {
		if item, ok := items[holders[key]]; ok {
			return item, cmp.Or(codes[key].Unit, item.BaseUnit), true
		}
	}
	return Item{}, "", false
}
