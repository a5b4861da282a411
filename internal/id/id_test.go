package id_test

import (
	"bytes"
	"testing"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

func TestFormatAndParse(t *testing.T) {
	made := id.New()
	text := id.Format(id.Order, made)
	if want := "ord_" + made.String(); text != want {
		t.Errorf("Format = %q, want %q", text, want)
	}
	got, err := id.Parse(id.Order, text)
	if err != nil || got != made {
		t.Errorf("Parse(%q) = %v, %v", text, got, err)
	}
}

func TestParseRefusesOtherSpellings(t *testing.T) {
	const good = "0198c3a1-7a5b-7c11-8e5f-0a1b2c3d4e5f"
	if _, err := id.Parse("ord", "ord_"+good); err != nil {
		t.Fatalf("the good spelling is refused: %v", err)
	}
	for _, text := range []string{
		"", "ord_", good, "res_" + good, "ord-" + good, "ord_{" + good[1:35] + "}", "ord_" + good + " ",
		"ord_0198C3A1-7a5b-7c11-8e5f-0a1b2c3d4e5f", "ord_0198c3a17a5b7c118e5f0a1b2c3d4e5f",
		"ord_urn:uuid:" + good, "ord_0198c3a1-7a5b-7c11-8e5f-0a1b2c3d4e5g", "ord_" + uuid.Nil.String(),
	} {
		_, err := id.Parse("ord", text)
		if fault.KindOf(err) != fault.Invalid || fault.ReasonOf(err) != "ID_INVALID" {
			t.Errorf("Parse(%q): %v, want ID_INVALID", text, err)
		}
	}
}

func TestNewIsOrdered(t *testing.T) {
	last := id.New()
	if last.Version() != 7 {
		t.Fatalf("version %d, want 7", last.Version())
	}
	for range 1000 {
		next := id.New()
		if bytes.Compare(last[:], next[:]) >= 0 {
			t.Fatalf("%v was made before %v", last, next)
		}
		last = next
	}
}

func TestDeriveIsRepeatable(t *testing.T) {
	namespace := uuid.MustParse("0198c3a1-7a5b-7c11-8e5f-0a1b2c3d4e5f")
	const want = "175b0eb6-56ca-526c-97ff-4d3dd6955bd6"
	if got := id.Derive(namespace, "a"); got.String() != want {
		t.Errorf("derived %v, want %s as ever", got, want)
	}
	if id.Derive(namespace, "a") == id.Derive(namespace, "b") || id.Derive(namespace, "a") == id.Derive(id.New(), "a") {
		t.Error("another key or namespace gives the same id")
	}
}
