package lb_test

import (
	"encoding/json"
	"testing"

	"rota/lb"
)

func TestStatesSpeakInWords(t *testing.T) {
	for s := lb.Unknown; s <= lb.Mixed; s++ {
		b, err := json.Marshal(s)
		var back lb.State
		if err == nil {
			err = json.Unmarshal(b, &back)
		}
		if err != nil || back != s {
			t.Errorf("%v is written %s and read %v: %v", s, b, back, err)
		}
	}
	if err := new(lb.State).UnmarshalText([]byte("away")); err == nil {
		t.Error(`"away" is a state`)
	}
}
