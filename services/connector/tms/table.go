package tms

// service is a way to travel, with what it costs and how many days it takes.
type service struct {
	carrier, name string
	// base is the price of a parcel, perLine what each line adds, in hundredths of the currency's unit.
	base, perLine int64
	days          int
}

// distance is how far goods go.
type distance int

const (
	home distance = iota
	near
	far
)

// table is the carriers' services by distance.
var table = map[distance][]service{
	home: {
		{"ROYALM", "TRACKED_48", 395, 60, 3},
		{"DPDUK", "NEXT_DAY", 695, 80, 1},
		{"PALLET", "ECONOMY", 5900, 5, 4},
	},
	near: {
		{"DPD", "CLASSIC", 1490, 120, 4},
		{"DHLEXP", "EXPRESS", 3290, 150, 2},
	},
	far: {
		{"DHLEXP", "EXPRESS", 6490, 250, 4},
		{"MAERSK", "OCEAN_LCL", 18900, 20, 35},
	},
}

// neighbours are the countries that are near.
var neighbours = map[string]bool{
	"AT": true, "BE": true, "CH": true, "DE": true, "DK": true, "ES": true, "FR": true, "GB": true, "IE": true, "IT": true, "LU": true,
	"NL": true, "NO": true, "PL": true, "PT": true, "SE": true,
}

// unserved are the countries where nobody goes.
var unserved = map[string]bool{"AQ": true, "BV": true, "HM": true}

// distanceTo is how far it is to a country.
func (s *Service) distanceTo(country string) distance {
	switch {
	case country == s.home:
		return home
	case neighbours[country]:
		return near
	default:
		return far
	}
}
