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

// Address is a postal address. The contract says what it may hold.
type Address struct {
	Name        string   `json:"name,omitempty"`
	Lines       []string `json:"lines,omitempty"`
	City        string   `json:"city,omitempty"`
	Region      string   `json:"region,omitempty"`
	PostalCode  string   `json:"postal_code,omitempty"`
	CountryCode string   `json:"country_code,omitempty"`
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
