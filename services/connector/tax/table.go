package tax

import (
	"errors"
	"fmt"

	"github.com/waybill-dev/waybill/internal/money"
)

// Config is the tax table. The zero value means DefaultTable.
type Config struct {
	Table Table
}

// Table holds the levies of each jurisdiction. The empty jurisdiction is that of accounts without one.
type Table map[string]Jurisdiction

// Jurisdiction holds, for each tax class, what is levied there.
type Jurisdiction map[string][]Levy

// Levy is one tax: who levies it, its name, and its rate as a decimal fraction of at most six places.
type Levy struct {
	Jurisdiction, Name, Rate string
}

// The classes of items that every jurisdiction of the default table knows.
const (
	ClassStandard = "standard"
	ClassReduced  = "reduced"
	ClassZero     = "zero"
	ClassExempt   = "exempt"
)

// DefaultTable is for trying things out. It is no tax advice.
func DefaultTable() Table {
	return Table{
		"":      {ClassStandard: nil, ClassReduced: nil, ClassZero: nil, ClassExempt: nil},
		"GB":    vat("GB", "0.2", "0.05"),
		"DE":    vat("DE", "0.19", "0.07"),
		"FR":    vat("FR", "0.2", "0.055"),
		"IT":    vat("IT", "0.22", "0.1"),
		"US-CA": sales(Levy{"US-CA", "State sales tax", "0.06"}, Levy{"US-CA-LOCAL", "County tax", "0.0125"}),
		"US-NY": sales(Levy{"US-NY", "State sales tax", "0.04"}, Levy{"US-NY-NYC", "City tax", "0.045"}, Levy{"US-NY-MCTD", "District tax", "0.00375"}),
		"US-OR": sales(),
	}
}

func vat(country, standard, reduced string) Jurisdiction {
	return Jurisdiction{
		ClassStandard: {{country, "VAT", standard}}, ClassReduced: {{country, "VAT", reduced}},
		ClassZero: {{country, "VAT", "0"}}, ClassExempt: nil,
	}
}

func sales(levies ...Levy) Jurisdiction {
	return Jurisdiction{ClassStandard: levies, ClassReduced: levies, ClassZero: nil, ClassExempt: nil}
}

// rate is a levy whose rate was read.
type rate struct {
	Levy
	fraction money.Rate
}

// compile reads every rate, and names those that cannot be.
func (t Table) compile() (map[string]map[string][]rate, error) {
	compiled := make(map[string]map[string][]rate, len(t))
	var wrong []error
	for name, jurisdiction := range t {
		compiled[name] = make(map[string][]rate, len(jurisdiction))
		for class, levies := range jurisdiction {
			rates := make([]rate, 0, len(levies))
			for _, levy := range levies {
				fraction, err := money.ParseRate(levy.Rate)
				if err != nil || fraction < 0 {
					wrong = append(wrong, fmt.Errorf("tax table: %s, class %s: rate %q is no decimal fraction", name, class, levy.Rate))
				}
				rates = append(rates, rate{levy, fraction})
			}
			compiled[name][class] = rates
		}
	}
	return compiled, errors.Join(wrong...)
}
