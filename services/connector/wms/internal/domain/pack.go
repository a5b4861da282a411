package domain

import (
	"fmt"
	"strconv"
)

// Carton is what is packed together.
type Carton struct {
	SSCC  string       `json:"sscc"`
	Lines []CartonLine `json:"lines"`
}

// CartonLine is what of an order line is in a carton.
type CartonLine struct {
	Line     int32 `json:"line"`
	Quantity int64 `json:"quantity"`
}

// Packing is how the warehouse packs.
type Packing struct {
	// CompanyPrefix is the GS1 company prefix of the codes on the cartons.
	CompanyPrefix string
	// LinesPerCarton is how many lines fit a carton.
	LinesPerCarton int
}

// Cartons is how many cartons the order needs.
func (p Packing) Cartons(order Order) int {
	lines := 0
	for _, line := range order.Lines {
		if line.Picked() > 0 {
			lines++
		}
	}
	return (lines + p.LinesPerCarton - 1) / p.LinesPerCarton
}

// Pack puts what was picked into cartons; the first gets the given serial number, the others those after it.
func (p Packing) Pack(order Order, serial int64) ([]Carton, error) {
	cartons := make([]Carton, 0, p.Cartons(order))
	for _, line := range order.Lines {
		if line.Picked() == 0 {
			continue
		}
		last := len(cartons) - 1
		if last < 0 || len(cartons[last].Lines) == p.LinesPerCarton {
			code, err := SSCC(p.CompanyPrefix, serial)
			if err != nil {
				return nil, err
			}
			cartons = append(cartons, Carton{SSCC: code})
			last, serial = last+1, serial+1
		}
		cartons[last].Lines = append(cartons[last].Lines, CartonLine{Line: line.Number, Quantity: line.Shipped()})
	}
	return cartons, nil
}

// ssccDigits is the length of a serial shipping container code.
const ssccDigits = 18

// SSCC is the serial shipping container code of a serial number: extension digit, company prefix, serial reference and
// check digit. Numbers run on from the serial reference into the extension digit. It fails when they are used up.
func SSCC(companyPrefix string, serial int64) (string, error) {
	room := ssccDigits - 1 - len(companyPrefix)
	digits := fmt.Sprintf("%0*d", room, serial)
	if serial < 0 || len(digits) > room {
		return "", fmt.Errorf("wms: no container codes are left under company prefix %s", companyPrefix)
	}
	body := digits[:1] + companyPrefix + digits[1:]
	sum := 0
	for i, digit := range body {
		weight := 1
		if i%2 == 0 {
			weight = 3
		}
		sum += weight * int(digit-'0')
	}
	return body + strconv.Itoa((10-sum%10)%10), nil
}
