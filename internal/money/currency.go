package money

import (
	"fmt"
	"strings"

	"github.com/waybill-dev/waybill/internal/decimal"
)

// Minor is an amount in a currency's minor units: pence for GBP, yen for JPY, fils for BHD.
type Minor = int64

// The currencies of ISO 4217 that are in use, by the number of decimal places of the minor unit. Codes without a minor
// unit (gold, special drawing rights, the code for tests) are left out: no document can be written in them.
var currencyPlaces = makePlaces([...]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW " +
		"CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF " +
		"IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK " +
		"MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP " +
		"SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG " +
		"YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
})

func makePlaces(byPlaces [5]string) map[string]int {
	places := make(map[string]int, 200)
	for count, codes := range byPlaces {
		for code := range strings.FieldsSeq(codes) {
			places[code] = count
		}
	}
	return places
}

// Places is the number of decimal places of a currency's minor unit: 2 for GBP, 0 for JPY, 3 for BHD, 4 for CLF.
// The code is an ISO 4217 code in capitals that is in use; another one is ErrCurrency.
func Places(currency string) (int, error) {
	places, ok := currencyPlaces[currency]
	if !ok {
		return 0, fmt.Errorf("%w: %q", ErrCurrency, currency)
	}
	return places, nil
}

// FormatMinor writes an amount with all the places of its currency and without the code: "65.27".
func FormatMinor(amount Minor, currency string) (string, error) {
	places, err := Places(currency)
	if err != nil {
		return "", err
	}
	return decimal.Fixed(amount, places), nil
}

// ParseMinor reads an amount such as "65.27". More places than the currency has are ErrPlaces: nothing is rounded.
func ParseMinor(text, currency string) (Minor, error) {
	places, err := Places(currency)
	if err != nil {
		return 0, err
	}
	return parse(text, places)
}
