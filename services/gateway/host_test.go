package gateway_test

import (
	"net/http"
	"testing"
)

// A name of somebody else that leads here is how a page gets around the browser's rule of origins.
func TestForeignNamesAreRefused(t *testing.T) {
	base := open(t, &orders{})
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "waybill.localhost:8080": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "::1": 200,
		"elsewhere.example": 403, "elsewhere.example:8080": 403, "localhost.elsewhere.example": 403, "127.0.0.1.elsewhere.example": 403,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/orders/ord_1", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if (response.StatusCode == http.StatusForbidden) != (want == http.StatusForbidden) {
			t.Errorf("%s: %d", host, response.StatusCode)
		}
	}
}
