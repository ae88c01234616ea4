package knownhosts

import (
	"crypto/hmac"
	"crypto/sha1" // as the file format says
	"encoding/base64"
	"strings"
)

// hosts is the first field of an entry: patterns, or one hashed name.
type hosts []string

// match tells whether name, in lower case, is meant. A pattern after "!" that
// matches vetoes the others.
func (h hosts) match(name string) bool {
	found := false
	for _, pattern := range h {
		if strings.HasPrefix(pattern, "|1|") {
			found = found || matchHash(pattern, name)
			continue
		}
		pattern, veto := strings.CutPrefix(strings.ToLower(pattern), "!")
		if matchPattern(pattern, name) {
			if veto {
				return false
			}
			found = true
		}
	}
	return found
}

// matchHash compares with |1|salt|hash, as HashKnownHosts writes it.
func matchHash(field, name string) bool {
	salt, hash, ok := strings.Cut(strings.TrimPrefix(field, "|1|"), "|")
	if !ok {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(salt)
	if err != nil {
		return false
	}
	want, err := base64.StdEncoding.DecodeString(hash)
	return err == nil && hmac.Equal(want, hashName(key, name))
}

func hashName(salt []byte, name string) []byte {
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return mac.Sum(nil)
}

// matchPattern knows "*" for any text, also none, and "?" for one character;
// neither stops at a dot or a bracket.
func matchPattern(pattern, name string) bool {
	star, from := -1, 0 // where to go on when the text after the last star does not fit
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
