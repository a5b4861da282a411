package database

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// maxNameBytes is where PostgreSQL silently cuts a name off: two services would share a database.
const maxNameBytes = 63

var notInName = regexp.MustCompile(`[^a-z0-9_]+`)

// ServiceURL is the URL of a service's own database on the server of base: the name in base, an underscore and the
// service, where all but letters and digits becomes an underscore (connector.wms: waybill_connector_wms).
func ServiceURL(base, service string) (string, error) {
	parsed, err := parseURL(base)
	if err != nil {
		return "", err
	}
	name := strings.TrimPrefix(parsed.Path, "/")
	if name == "" {
		return "", fmt.Errorf("database url %s names no database: its path must hold the common part of the names",
			parsed.Redacted())
	}
	suffix := notInName.ReplaceAllString(strings.ToLower(service), "_")
	if strings.Trim(suffix, "_") == "" {
		return "", fmt.Errorf("service name %q gives no database name", service)
	}
	name += "_" + suffix
	if len(name) > maxNameBytes {
		return "", fmt.Errorf("database name %q is longer than %d bytes", name, maxNameBytes)
	}
	parsed.Path = "/" + name
	return parsed.String(), nil
}

// withDatabase is the same server and user, with another database.
func withDatabase(rawURL, name string) (string, error) {
	parsed, err := parseURL(rawURL)
	if err != nil {
		return "", err
	}
	parsed.Path = "/" + name
	return parsed.String(), nil
}

// parseURL refuses the key=value form, in which names could not be derived. Errors never show the password.
func parseURL(rawURL string) (*url.URL, error) {
	parsed, err := url.Parse(rawURL)
	if err != nil || (parsed.Scheme != "postgres" && parsed.Scheme != "postgresql") {
		return nil, fmt.Errorf("a database url starts with postgres:// or postgresql:// " +
			"(CockroachDB too), such as postgres://user@host:5432/waybill")
	}
	return parsed, nil
}
