package gateway

import (
	"net"
	"net/http"
	"strings"

	"github.com/waybill-dev/waybill/internal/fault"
)

// onlyLocalNames refuses requests for a host that is neither an address nor localhost. The door is bound to loopback: a page
// that reaches it under a name of its own has bent that name to us (DNS rebinding), and its browser takes us for the page's
// own origin.
func onlyLocalNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
		if host != "localhost" && !strings.HasSuffix(host, ".localhost") && net.ParseIP(host) == nil {
			writeProblem(w, problemOf(fault.New(fault.Denied, "HOST_UNKNOWN", "this door is called localhost, or by its address")))
			return
		}
		next.ServeHTTP(w, r)
	})
}
