package inventory

import (
	"fmt"
	"strings"
)

// didYouMean returns a hint that names the word that was probably meant, or
// else all that would have been right; "" where there are none.
func didYouMean(word string, right []string) string {
	if near := nearest(word, right); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return listed(right)
}

// listed returns a hint that names what would be right.
func listed(right []string) string {
	const most = 20
	switch {
	case len(right) == 0:
		return ""
	case len(right) > most:
		return fmt.Sprintf("there are %s and %d more", quoted(right[:most]), len(right)-most)
	case len(right) == 1:
		return fmt.Sprintf("there is %q", right[0])
	}
	last := len(right) - 1
	return fmt.Sprintf("there are %s and %q", quoted(right[:last]), right[last])
}

// quoted joins words, each in quotes.
func quoted(words []string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(all, ", ")
}

// nearest returns the word that differs least from the one that was written,
// or "" where all differ by more than about a third.
func nearest(word string, right []string) string {
	const longest = 64
	best, least := "", max(1, (len(word)+1)/3)+1
	if len(word) > longest {
		return ""
	}
	for _, w := range right {
		if d := distance(strings.ToLower(word), strings.ToLower(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance counts the letters to add, drop, change, or swap with their
// neighbour to make b of a.
func distance(a, b string) int {
	// The three rows of the table that are still needed: of the last two
	// letters of a, and of the present one.
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			changed := old[j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			row[j] = min(old[j]+1, row[j-1]+1, changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(b)]
}
