package domain

import (
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Version counts the states of an entity.
type Version struct {
	Number    int64
	UpdatedAt time.Time
}

// following is the version after the stored one; a new entity has none stored.
func following(stored Version, now time.Time) Version {
	return Version{Number: stored.Number + 1, UpdatedAt: now}
}

// Address is a postal address.
type Address struct {
	Name        string   `json:"name,omitempty"`
	Lines       []string `json:"lines,omitempty"`
	City        string   `json:"city,omitempty"`
	Region      string   `json:"region,omitempty"`
	PostalCode  string   `json:"postal_code,omitempty"`
	CountryCode string   `json:"country_code,omitempty"`
}

const (
	maxAddressLines = 4
	maxAddressText  = 200
)

func (a Address) wrong(path string) []fault.Field {
	fields := complaints{path: path + "."}
	short := func(name, text string) {
		if len([]rune(text)) > maxAddressText {
			fields.add(name, "ADDRESS_INVALID", "at most 200 characters")
		}
	}
	if len(a.Lines) > maxAddressLines {
		fields.add("lines", "ADDRESS_INVALID", "at most four lines")
	}
	for _, line := range a.Lines {
		short("lines", line)
	}
	short("name", a.Name)
	short("city", a.City)
	short("region", a.Region)
	short("postal_code", a.PostalCode)
	if a.CountryCode != "" && !isCountryCode(a.CountryCode) {
		fields.add("country_code", "ADDRESS_INVALID", "two capital letters are expected, as in ISO 3166-1")
	}
	return fields.list
}

func isCountryCode(code string) bool {
	return len(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z'
}

// isDate reports whether text is a day of the calendar, or nothing.
func isDate(text string) bool {
	if text == "" {
		return true
	}
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// complaints collects what is wrong with one entity; path stands before every field.
type complaints struct {
	path string
	list []fault.Field
}

func (c *complaints) add(field, reason, message string) {
	c.list = append(c.list, fault.Field{Path: c.path + field, Reason: reason, Message: message})
}

// frozen complains of a field that differs from the stored one.
func (c *complaints) frozen(field string, differs bool) {
	if differs {
		c.add(field, "FROZEN_FIELD", "cannot be changed after creation")
	}
}

func (c *complaints) date(field, text string) {
	if !isDate(text) {
		c.add(field, "DATE_INVALID", "there is no such day")
	}
}

func (c *complaints) currency(field, code string) {
	if _, err := money.Places(code); err != nil {
		c.add(field, "CURRENCY_UNKNOWN", "no ISO 4217 currency in use")
	}
}
