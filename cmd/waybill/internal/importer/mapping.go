package importer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/waybill-dev/waybill/internal/money"
)

// Mapping says which column means what, and what the file leaves unsaid.
type Mapping struct {
	// Columns names the file's columns. OrderNumber, SKU, Quantity and UnitPrice are required.
	Columns Columns `yaml:"columns"`
	// TimeLayouts are tried in turn for OrderedAt, as Go's time package writes layouts.
	TimeLayouts []string `yaml:"time_layouts"`
	// TimeZone is where times without an offset are meant. Default UTC.
	TimeZone string `yaml:"time_zone"`
	// Currency is the ISO 4217 code of all prices.
	Currency string `yaml:"currency"`
	// CreditNotePrefix marks the numbers of credit notes. Empty: there are none.
	CreditNotePrefix string `yaml:"credit_note_prefix"`
	// Services are the codes of what has no stock, as shell patterns; case does not matter.
	Services []string `yaml:"services"`
	// CashAccount is the customer of lines that name none.
	CashAccount string `yaml:"cash_account"`
	// TrimAccountSuffix is cut off customer ids, such as ".0" of numbers that went through a spreadsheet.
	TrimAccountSuffix string `yaml:"trim_account_suffix"`
	// Partner and Channel are the sender of the orders. Default IMPORT and import.
	Partner string `yaml:"partner"`
	Channel string `yaml:"channel"`

	location *time.Location
}

// Columns are the names in the file's first row.
type Columns struct {
	OrderNumber string `yaml:"order_number"`
	SKU         string `yaml:"sku"`
	Description string `yaml:"description"`
	Quantity    string `yaml:"quantity"`
	UnitPrice   string `yaml:"unit_price"`
	OrderedAt   string `yaml:"ordered_at"`
	Account     string `yaml:"account"`
}

// OnlineRetail is the built-in mapping: the columns of the UCI data set "Online Retail".
func OnlineRetail() Mapping {
	return Mapping{
		Columns: Columns{
			OrderNumber: "InvoiceNo", SKU: "StockCode", Description: "Description", Quantity: "Quantity",
			UnitPrice: "UnitPrice", OrderedAt: "InvoiceDate", Account: "CustomerID",
		},
		TimeLayouts:      []string{"2006-01-02 15:04:05", "1/2/2006 15:04", "2006-01-02T15:04:05"},
		TimeZone:         "UTC",
		Currency:         "GBP",
		CreditNotePrefix: "C",
		Services: []string{
			"POST", "DOT", "C2", "M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS", "gift_*",
		},
		CashAccount:       "CASH",
		TrimAccountSuffix: ".0",
		Partner:           "UCI",
		Channel:           "import",
	}
}

// LoadMapping reads a mapping from a YAML file; what the file leaves out is empty, except for partner and channel.
func LoadMapping(file string) (Mapping, error) {
	mapping := Mapping{Partner: "IMPORT", Channel: "import", CashAccount: "CASH"}
	if err := readYAML(file, &mapping); err != nil {
		return Mapping{}, err
	}
	return mapping, nil
}

// readYAML reads a mapping and refuses what it does not know.
func readYAML(file string, into any) error {
	opened, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	decoder := yaml.NewDecoder(opened)
	decoder.KnownFields(true)
	err = decoder.Decode(into)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("mapping %s is empty", file)
	}
	if err != nil {
		return fmt.Errorf("mapping %s: %w", file, err)
	}
	return nil
}

// check completes the mapping and names what is missing.
func (m *Mapping) check() error {
	var wrong []error
	required := func(name, value string) {
		if value == "" {
			wrong = append(wrong, fmt.Errorf("mapping: %s is required", name))
		}
	}
	required("columns.order_number", m.Columns.OrderNumber)
	required("columns.sku", m.Columns.SKU)
	required("columns.quantity", m.Columns.Quantity)
	required("columns.unit_price", m.Columns.UnitPrice)
	required("cash_account", m.CashAccount)
	if _, err := money.Places(m.Currency); err != nil {
		wrong = append(wrong, fmt.Errorf("mapping: currency %q: %w", m.Currency, err))
	}
	location, err := time.LoadLocation(m.TimeZone)
	if err != nil {
		wrong = append(wrong, fmt.Errorf("mapping: time_zone: %w", err))
	}
	if m.Columns.OrderedAt != "" && len(m.TimeLayouts) == 0 {
		wrong = append(wrong, errors.New("mapping: ordered_at needs time_layouts"))
	}
	for i, pattern := range m.Services {
		m.Services[i] = strings.ToLower(pattern)
		if _, err := path.Match(m.Services[i], ""); err != nil {
			wrong = append(wrong, fmt.Errorf("mapping: services: %q is no pattern", pattern))
		}
	}
	m.location = location
	return errors.Join(wrong...)
}

func (m *Mapping) service(sku string) bool {
	lower := strings.ToLower(sku)
	for _, pattern := range m.Services {
		if ok, _ := path.Match(pattern, lower); ok {
			return true
		}
	}
	return false
}

func (m *Mapping) parseTime(text string) (time.Time, error) {
	for _, layout := range m.TimeLayouts {
		if at, err := time.ParseInLocation(layout, text, m.location); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q fits no layout", text)
}
