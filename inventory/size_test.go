package inventory

import (
	"slices"
	"testing"
)

func TestSizesAreReadAndWrittenAlike(t *testing.T) {
	for _, text := range []string{"0", "1", "12", "0%", "25%", "100%", "1000000"} {
		if s, err := ParseSize(text); err != nil || s.String() != text {
			t.Errorf("%q: got %v, %v", text, s, err)
		}
	}
	for text, want := range map[string]string{
		"": `"" is not a size`, "%": `"%" is not a size`, "-1": `"-1" is not a size`, "+1": `"+1" is not a size`,
		"1.5": `"1.5" is not a size`, " 1": `" 1" is not a size`, "25 %": `"25 %" is not a size`, "25%%": `"25%%" is not a size`,
		"101%": `"101%" is more than all`, "1000001": `"1000001" is too big`, "99999999999999999999": `"99999999999999999999" is not a size`,
	} {
		if s, err := ParseSize(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, %v", text, s, err)
		}
	}
}

func TestSizesOfBatchesAreSeparatedByCommas(t *testing.T) {
	got, err := ParseSizes("1, 25%,3")
	if want := []Size{{N: 1}, {25, true}, {N: 3}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for text, want := range map[string]string{"": `"" is not a size`, "1,": `"" is not a size`, "1,x": `"x" is not a size`, "0": `"0" is no batch`, "1,0%": `"0%" is no batch`} {
		if got, err := ParseSizes(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

func TestABatchRoundsDownAndAFloorRoundsUp(t *testing.T) {
	for _, row := range []struct {
		size         string
		n            int
		batch, floor int
	}{
		{"2", 10, 2, 2},
		{"20", 10, 10, 20},
		{"50%", 5, 2, 3},
		{"25%", 3, 1, 1},
		{"1%", 200, 2, 2},
		{"1%", 201, 2, 3},
		{"33%", 3, 1, 1},
		{"34%", 3, 1, 2},
		{"100%", 7, 7, 7},
		{"10%", 1, 1, 1},
		{"10%", 0, 0, 0},
		{"0", 4, 1, 0},
		{"0%", 4, 1, 0},
	} {
		s, err := ParseSize(row.size)
		if err != nil {
			t.Fatal(err)
		}
		if b, f := s.Batch(row.n), s.Floor(row.n); b != row.batch || f != row.floor {
			t.Errorf("%s of %d: batch %d, floor %d; want %d, %d", row.size, row.n, b, f, row.batch, row.floor)
		}
	}
}
